// The server that the page came from: nobody else is asked.

const $ = (id) => document.getElementById(id);

class Refusal extends Error {
  constructor(status, body, retry) {
    let said = body;
    try {
      const answer = JSON.parse(body);
      said = answer.error?.message ?? answer.error ?? answer.detail ?? body;
      if (typeof said !== "string") said = JSON.stringify(said, null, 2);
    } catch { /* it is text */ }
    super(`${status}: ${said}` + (retry ? `\nTry again in ${retry} s.` : ""));
    this.status = status;
  }
}

async function ask(path, body, signal) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if ($("key").value) headers.Authorization = `Bearer ${$("key").value}`;
  const method = body === undefined ? "GET" : "POST";
  const answer = await fetch(path, { method, headers, body: JSON.stringify(body), signal });
  const text = await answer.text();
  if (!answer.ok) throw new Refusal(answer.status, text, answer.headers.get("Retry-After"));
  return JSON.parse(text);
}
