//! The adapter of the crate tekken.

use std::error::Error;
use std::io::{self, BufRead, Write};

use serde_json::{Value, json};
use tekken::{SpecialTokenPolicy, Tekkenizer};

fn main() -> Result<(), Box<dyn Error>> {
    let mut handles = Vec::new();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let answer = match serve(&mut handles, &request) {
            Ok(ok) => json!({"id": request["id"], "ok": ok}),
            Err(e) => {
                json!({"id": request["id"], "err": {"type": "Error", "message": e.to_string()}})
            }
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn serve(handles: &mut Vec<Tekkenizer>, request: &Value) -> Result<Value, Box<dyn Error>> {
    let args = &request["args"];
    let tok = || -> Result<&Tekkenizer, Box<dyn Error>> {
        let h: usize = request["h"].as_str().unwrap_or("").parse()?;
        Ok(handles.get(h).ok_or("no such handle")?)
    };
    Ok(match request["op"].as_str().unwrap_or("") {
        "info" => json!({
            "name": "Rust tekken", "version": "0.2.0", "supports": ["encode", "decode"],
            "tokenizers": ["v3-tekken", "v3-tekken-mm"], "load": "path",
        }),
        "load" => {
            handles.push(Tekkenizer::from_file(
                args["path"].as_str().ok_or("no path")?,
            )?);
            json!({"h": (handles.len() - 1).to_string()})
        }
        "raw" => json!(tok()?.encode(args["a"][0].as_str().ok_or("no text")?, false, false)?),
        "decode" => {
            let ids: Vec<u32> = serde_json::from_value(args["tokens"].clone())?;
            json!(tok()?.decode(&ids, SpecialTokenPolicy::Ignore)?)
        }
        op => return Err(format!("no op {op:?}").into()),
    })
}
