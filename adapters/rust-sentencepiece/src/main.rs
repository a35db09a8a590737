//! The adapter of the crate sentencepiece.

use std::error::Error;
use std::io::{self, BufRead, Write};

use sentencepiece::SentencePieceProcessor;
use serde_json::{Value, json};

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

fn serve(
    handles: &mut Vec<SentencePieceProcessor>,
    request: &Value,
) -> Result<Value, Box<dyn Error>> {
    let args = &request["args"];
    let tok = || -> Result<&SentencePieceProcessor, Box<dyn Error>> {
        let h: usize = request["h"].as_str().unwrap_or("").parse()?;
        Ok(handles.get(h).ok_or("no such handle")?)
    };
    Ok(match request["op"].as_str().unwrap_or("") {
        "info" => json!({
            "name": "Rust sentencepiece", "version": "0.14.0", "supports": ["encode", "decode"],
            "tokenizers": ["v1", "v2", "v3", "v7", "v7-mm"], "load": "path",
        }),
        "load" => {
            handles.push(SentencePieceProcessor::open(
                args["path"].as_str().ok_or("no path")?,
            )?);
            json!({"h": (handles.len() - 1).to_string()})
        }
        "raw" => {
            let pieces = tok()?.encode(args["a"][0].as_str().ok_or("no text")?)?;
            json!(pieces.iter().map(|p| p.id).collect::<Vec<_>>())
        }
        "decode" => {
            let ids: Vec<u32> = serde_json::from_value(args["tokens"].clone())?;
            json!(tok()?.decode_piece_ids(&ids)?)
        }
        op => return Err(format!("no op {op:?}").into()),
    })
}
