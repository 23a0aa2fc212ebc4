//! A mail sink (RFC 5321): takes any mail that a shop sends, and keeps to whom it went, its subject, when, and how long it was.
//!
//! It listens on loopback only, offers neither TLS nor a log-in, and delivers nothing anywhere. What it keeps is bounded.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// More mails than this are refused.
const MOST_MAILS: usize = 2_000_000;
/// More connections at a time are refused.
const MOST_CONNECTIONS: usize = 256;
/// A longer line is an error.
const LONGEST_LINE: u64 = 64 * 1024;
/// A longer mail is refused.
const LONGEST_MAIL: usize = 32 << 20;
/// How long a shop may be silent.
const PATIENCE: Duration = Duration::from_secs(120);

/// A mail that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SunkMail {
    /// Its number, from 1.
    pub id: u64,
    /// Whom it was for.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// When it came, in microseconds since 1970.
    pub at_unix_us: i64,
    /// Its length in bytes.
    pub size: usize,
}

/// A sink that listens until the process ends.
#[derive(Clone, Debug)]
pub struct MailSink {
    at: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    mails: Vec<SunkMail>,
    /// Where they are written too.
    file: Option<File>,
}

// === impl MailSink ===

impl MailSink {
    /// Listens on this address; port 0 for any that is free.
    ///
    /// # Errors
    /// When it is not a loopback address, or can't be had.
    pub fn listen(at: SocketAddr) -> io::Result<MailSink> {
        if !at.ip().is_loopback() {
            return Err(io::Error::other("a mail sink listens on 127.0.0.1 or [::1] only"));
        }
        let listener = TcpListener::bind(at)?;
        let sink = MailSink { at: listener.local_addr()?, kept: Arc::default() };
        let (kept, open) = (Arc::clone(&sink.kept), Arc::new(AtomicUsize::new(0)));
        std::thread::Builder::new().name("mail sink".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, open) = (Arc::clone(&kept), Arc::clone(&open));
                if open.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
                    open.fetch_sub(1, Ordering::SeqCst);
                    continue;
                }
                // Who breaks off, breaks off.
                let serve = move || {
                    let _ = serve(stream, &kept);
                    open.fetch_sub(1, Ordering::SeqCst);
                };
                let _ = std::thread::Builder::new().name("mail".into()).spawn(serve);
            }
        })?;
        Ok(sink)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.at
    }

    /// From now on writes each mail to this file too, those that came already first.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_to(&self, path: &Path) -> io::Result<()> {
        let mut kept = lock(&self.kept);
        let mut file = File::create(path)?;
        for mail in &kept.mails {
            write_line(&mut file, mail)?;
        }
        kept.file = Some(file);
        Ok(())
    }

    /// All mails so far.
    pub fn mails(&self) -> Vec<SunkMail> {
        lock(&self.kept).mails.clone()
    }
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_line(file: &mut File, mail: &SunkMail) -> io::Result<()> {
    let mut line = serde_json::to_vec(mail)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// One conversation.
fn serve(stream: TcpStream, kept: &Mutex<Kept>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    stream.write_all(b"220 tillrush mail sink\r\n")?;
    let mut to: Vec<String> = Vec::new();
    while let Some(line) = read_line(&mut lines)? {
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-tillrush\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 33554432",
            "HELO" | "NOOP" | "VRFY" => "250 ok",
            "MAIL" | "RSET" => {
                to.clear();
                "250 ok"
            }
            "RCPT" => {
                to.extend(line.split_once(':').map(|(_, path)| address(path)));
                "250 ok"
            }
            "DATA" if to.is_empty() => "503 whom is it for?",
            "DATA" => {
                stream.write_all(b"354 go on, and end with a dot\r\n")?;
                let Some((subject, size)) = read_mail(&mut lines)? else { return Ok(()) };
                match keep(kept, std::mem::take(&mut to), subject, size) {
                    true => "250 kept",
                    false => "452 there are too many mails",
                }
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => "502 a sink knows no such thing",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

/// A line with its end; none at the end of the conversation.
fn read_line(lines: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    Ok((line.last() == Some(&b'\n')).then_some(line))
}

/// The subject and length of a mail up to its dot; none where it is cut or too long.
fn read_mail(lines: &mut impl BufRead) -> io::Result<Option<(String, usize)>> {
    let (mut subject, mut size, mut in_head, mut in_subject) = (String::new(), 0, true, false);
    while let Some(line) = read_line(lines)? {
        if line == b".\r\n" || line == b".\n" {
            return Ok(Some((subject, size)));
        }
        size += line.len();
        if size > LONGEST_MAIL {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        in_head &= !text.trim().is_empty();
        if !in_head {
            continue;
        }
        let folded = text.starts_with([' ', '\t']);
        in_subject = if folded { in_subject } else { has_name(&text, "subject:") };
        if in_subject {
            let value = if folded { &text[..] } else { &text["subject:".len()..] };
            subject.push_str(value.trim_end_matches(['\r', '\n']));
        }
    }
    Ok(None)
}

fn has_name(line: &str, name: &str) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// `<jo@example.com> SIZE=3` without what is around the address.
fn address(path: &str) -> String {
    let path = path.trim();
    let inner = path.strip_prefix('<').and_then(|rest| rest.split('>').next());
    inner.unwrap_or_else(|| path.split(' ').next().unwrap_or_default()).to_owned()
}

fn keep(kept: &Mutex<Kept>, to: Vec<String>, subject: String, size: usize) -> bool {
    let mut kept = lock(kept);
    if kept.mails.len() >= MOST_MAILS {
        return false;
    }
    let mail = SunkMail {
        id: kept.mails.len() as u64 + 1,
        to,
        subject: subject.trim().to_owned(),
        at_unix_us: jiff::Timestamp::now().as_microsecond(),
        size,
    };
    // A full disk loses the copy, and no mail.
    if let Some(file) = &mut kept.file {
        let _ = write_line(file, &mail);
    }
    kept.mails.push(mail);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says these lines one after the other; the codes of the answers.
    fn say(sink: &MailSink, lines: &[&str]) -> Vec<String> {
        let mut stream = TcpStream::connect(sink.address()).unwrap();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        let mut codes = Vec::new();
        let mut hear = |codes: &mut Vec<String>| loop {
            let mut line = String::new();
            answers.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                codes.push(line.chars().take(3).collect());
                return;
            }
        };
        hear(&mut codes);
        for line in lines {
            stream.write_all(line.as_bytes()).unwrap();
            hear(&mut codes);
        }
        codes
    }

    #[test]
    fn mails_are_kept_with_whom_they_are_for_and_what_they_are_about() {
        let sink = MailSink::listen(([127, 0, 0, 1], 0).into()).unwrap();
        let codes = say(
            &sink,
            &[
                "EHLO shop\r\n",
                "DATA\r\n",
                "MAIL FROM:<shop@example.com>\r\n",
                "RCPT TO:<jo@example.com>\r\n",
                "RCPT TO: eve@example.com\r\n",
                "DATA\r\n",
                "From: x\r\nSUBJECT: Your order\r\n T1\r\nTo: y\r\n\r\nSubject: not this\r\n..\r\n.\r\n",
                "STARTTLS\r\n",
                "QUIT\r\n",
            ],
        );
        assert_eq!(codes, ["220", "250", "503", "250", "250", "250", "354", "250", "502", "221"]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mails.jsonl");
        sink.write_to(&path).unwrap();
        let mails = sink.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, ["jo@example.com", "eve@example.com"]);
        assert_eq!(mails[0].subject, "Your order T1");
        let stored = std::fs::read_to_string(path).unwrap();
        assert_eq!(serde_json::from_str::<SunkMail>(stored.trim()).unwrap(), mails[0]);
    }

    #[test]
    fn a_cut_mail_is_none_and_no_other_machine_can_send() {
        let sink = MailSink::listen(([127, 0, 0, 1], 0).into()).unwrap();
        let mut stream = TcpStream::connect(sink.address()).unwrap();
        stream.write_all(b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\nSubject: half\r\n").unwrap();
        drop(stream);
        std::thread::sleep(Duration::from_millis(50));
        assert!(sink.mails().is_empty());
        assert!(MailSink::listen(([0, 0, 0, 0], 0).into()).is_err());
    }
}
