// A chat as a form. The chat itself is JSON; the form shows what it can of it, and leaves the
// rest as it is.

const roles = ["system", "user", "assistant", "tool"];

// parse reads JSON, with its numbers to the last digit where the browser can.
function parse(text) {
  const exact = (key, value, context) =>
    typeof value === "number" && JSON.rawJSON && context && context.source !== String(value) ? JSON.rawJSON(context.source) : value;
  try {
    return JSON.parse(text, exact);
  } catch (e) {
    throw new Error(`This is not JSON: ${e.message}`);
  }
}

// chatOf reads a chat as the form takes it, or gives null.
function chatOf(text) {
  let chat;
  try {
    chat = parse(text);
  } catch {
    return null;
  }
  if (Array.isArray(chat)) chat = { messages: chat };
  const good = Array.isArray(chat?.messages) && chat.messages.every((m) => m && typeof m === "object" && !Array.isArray(m));
  return good ? chat : null;
}

// written is the chat as JSON: a list where there is nothing but messages.
function written(chat) {
  return JSON.stringify(Object.keys(chat).length === 1 ? chat.messages : chat, null, 2);
}

// drawChat draws the form; change is called with each new JSON.
function drawChat(chat, change) {
  const changed = () => {
    $("continue-label").hidden = chat.messages.at(-1)?.role !== "assistant";
    if ($("continue-label").hidden && chat.continue_final_message) goOn(chat, false);
    $("continue").checked = chat.continue_final_message === true;
    change(written(chat));
  };
  const redraw = (focus) => {
    changed();
    drawChat(chat, change);
    $("messages").children[Math.min(focus, chat.messages.length - 1)]?.querySelector(".content").focus();
    if (!chat.messages.length) $("add").focus();
  };
  const remove = (i) => {
    chat.messages.splice(i, 1);
    redraw(i);
  };
  $("messages").replaceChildren(...chat.messages.map((m, i) => row(m, i, changed, remove)));
  $("add").onclick = () => {
    const last = chat.messages.at(-1)?.role;
    chat.messages.push({ role: last === "user" || last === "tool" ? "assistant" : "user", content: "" });
    redraw(chat.messages.length - 1);
  };
  $("continue").onchange = () => {
    goOn(chat, $("continue").checked);
    changed();
  };
  const rest = Object.keys(chat).filter((key) => !["messages", "continue_final_message", "add_generation_prompt"].includes(key));
  $("rest").textContent = rest.length ? `and ${rest.join(", ")}: see the JSON` : "";
  $("continue-label").hidden = chat.messages.at(-1)?.role !== "assistant";
  $("continue").checked = chat.continue_final_message === true;
}

// goOn says whether the model is to go on with the last message.
function goOn(chat, is) {
  if (is) Object.assign(chat, { add_generation_prompt: false, continue_final_message: true });
  else {
    delete chat.add_generation_prompt;
    delete chat.continue_final_message;
  }
}

function row(message, i, changed, remove) {
  const made = $("message").content.firstElementChild.cloneNode(true);
  const part = (name) => made.querySelector(`.${name}`);
  const [role, content, call] = ["role", "content", "call"].map(part);
  made.setAttribute("aria-label", `Message ${i + 1}`);
  part("remove").setAttribute("aria-label", `Remove message ${i + 1}`);
  part("remove").onclick = () => remove(i);
  const all = roles.includes(message.role) ? roles : [...roles, String(message.role)];
  role.append(...all.map((name) => new Option(name, name, false, name === String(message.role))));
  role.setAttribute("aria-label", `Role of message ${i + 1}`);
  content.setAttribute("aria-label", `Text of message ${i + 1}`);
  content.value = typeof message.content === "string" ? message.content : JSON.stringify(message.content, null, 2) ?? "";
  content.readOnly = typeof message.content !== "string" && message.content != null;
  call.setAttribute("aria-label", `Id of the call that message ${i + 1} answers`);
  call.value = message.tool_call_id ?? "";
  const tell = () => {
    call.hidden = message.role !== "tool" && message.tool_call_id === undefined;
    const rest = Object.keys(message).filter((key) => !["role", "content", "tool_call_id"].includes(key));
    const parts = [...(content.readOnly ? ["parts of its content"] : []), ...rest];
    part("rest").textContent = parts.length ? `${parts.join(", ")}: see the JSON` : "";
  };
  tell();
  role.onchange = () => {
    message.role = role.value;
    tell();
    changed();
  };
  content.oninput = () => {
    message.content = content.value;
    changed();
  };
  call.oninput = () => {
    if (call.value) message.tool_call_id = call.value;
    else delete message.tool_call_id;
    changed();
  };
  return made;
}
