//! The few Redis commands that bring a record into the state that an operation needs.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use anyhow::{Context, bail};

/// The time to live of a record that the harness writes, in milliseconds.
const TIME_TO_LIVE_MILLIS: &[u8] = b"3600000";

/// A connection to Redis.
pub(crate) struct Redis(BufReader<TcpStream>);

enum Reply {
    Nothing,
    Value(Vec<u8>),
    List(Vec<Self>),
}

impl Redis {
    /// Connects to a port of this machine.
    pub(crate) fn connect(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// The key of a user's record, if there is one.
    pub(crate) fn record_key(&mut self, user: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let Reply::List(keys) = self.call(&[b"KEYS", format!("*:user:{user}").as_bytes()])? else {
            bail!("KEYS returned no list");
        };
        match keys.into_iter().next() {
            Some(Reply::Value(key)) => Ok(Some(key)),
            _ => Ok(None),
        }
    }

    /// Writes the stored value again, which makes every process drop its own copy.
    pub(crate) fn rewrite(&mut self, key: &[u8]) -> anyhow::Result<()> {
        let Reply::Value(value) = self.call(&[b"GET", key])? else { bail!("the record is not in Redis") };
        self.call(&[b"SET", key, &value, b"PX", TIME_TO_LIVE_MILLIS])?;
        Ok(())
    }

    /// Deletes a value.
    pub(crate) fn delete(&mut self, key: &[u8]) -> anyhow::Result<()> {
        self.call(&[b"DEL", key])?;
        Ok(())
    }

    fn call(&mut self, words: &[&[u8]]) -> anyhow::Result<Reply> {
        let mut command = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            command.extend(format!("${}\r\n", word.len()).bytes());
            command.extend_from_slice(word);
            command.extend(b"\r\n");
        }
        self.0.get_mut().write_all(&command)?;
        self.reply()
    }

    fn reply(&mut self) -> anyhow::Result<Reply> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let line = line.trim_end();
        let mut characters = line.chars();
        let kind = characters.next().context("Redis closed the connection")?;
        let rest = characters.as_str();
        match kind {
            '+' | ':' => Ok(Reply::Value(rest.as_bytes().to_vec())),
            '$' if rest == "-1" => Ok(Reply::Nothing),
            '$' => {
                let mut value = vec![0; rest.parse::<usize>()? + 2];
                self.0.read_exact(&mut value)?;
                value.truncate(value.len() - 2);
                Ok(Reply::Value(value))
            }
            '*' => {
                Ok(Reply::List((0..rest.parse::<usize>()?).map(|_| self.reply()).collect::<Result<_, _>>()?))
            }
            _ => bail!("Redis refused a command: {line}"),
        }
    }
}
