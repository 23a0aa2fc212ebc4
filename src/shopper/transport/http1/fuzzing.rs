//! What must hold of an answer's head and framing, for [`crate::fuzzing`].

use ::http::Method;

use super::framing::{ChunkDecoder, Framing};
use super::head::{Head, HeadScanner};

/// An answer is read alike however it is cut on the wire. The first byte is the size of the pieces.
pub fn http1_answer(bytes: &[u8]) {
    let Some((&size, answer)) = bytes.split_first() else { return };
    let size = usize::from(size).max(1);
    let whole = HeadScanner::default().head_length(answer);
    let Ok(Some(length)) = whole else { return };
    assert!(length <= answer.len());
    assert_eq!(length_in_pieces(answer, size), Some(length), "a head cut in pieces of {size}");
    let Ok(head) = Head::parse(&answer[..length]) else { return };
    let Ok(framing) = Framing::of(&Method::GET, &head) else { return };
    if framing == Framing::Chunked {
        let body = &answer[length..];
        assert_eq!(
            chunks(body, body.len().max(1)),
            chunks(body, size),
            "chunks cut in pieces of {size}"
        );
    }
}

fn length_in_pieces(answer: &[u8], size: usize) -> Option<usize> {
    let mut scanner = HeadScanner::default();
    let ends = (size..answer.len()).step_by(size).chain([answer.len()]);
    ends.map(|end| scanner.head_length(&answer[..end])).find_map(|length| length.ok().flatten())
}

/// The data, how many bytes belong to the body, and whether it is done; none if these are no chunks.
fn chunks(body: &[u8], size: usize) -> Option<(Vec<u8>, usize, bool)> {
    let (mut decoder, mut data, mut taken) = (ChunkDecoder::default(), Vec::new(), 0);
    for piece in body.chunks(size) {
        let used = decoder.decode(piece, &mut data).ok()?;
        taken += used;
        if used < piece.len() {
            assert!(decoder.is_done(), "bytes are left and it is not done");
            break;
        }
    }
    assert!(data.len() <= taken);
    Some((data, taken, decoder.is_done()))
}
