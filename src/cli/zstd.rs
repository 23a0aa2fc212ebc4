//! Files of zstd frames, one after the other.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// Reads all frames as one text, as `zstdcat` does.
pub struct ZstdFrames<R: BufRead> {
    /// The frame that is being read; none at the end.
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
}

// === impl ZstdFrames ===

impl<R: BufRead> ZstdFrames<R> {
    /// Begins with the first frame.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(packed: R) -> io::Result<ZstdFrames<R>> {
        Ok(ZstdFrames { frame: Some(StreamingDecoder::new(packed).map_err(io::Error::other)?) })
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let read = frame.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(ended) = self.frame.take() else { break };
            let mut packed = ended.into_inner();
            if !packed.fill_buf()?.is_empty() {
                self.frame = Some(StreamingDecoder::new(packed).map_err(io::Error::other)?);
            }
        }
        Ok(0)
    }
}

/// The next frame as a whole; none at the end.
///
/// # Errors
/// When it is not whole, or longer than `most` bytes.
pub fn next_frame(packed: &mut impl BufRead, most: u64) -> io::Result<Option<Vec<u8>>> {
    if packed.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut frame = StreamingDecoder::new(packed).map_err(io::Error::other)?;
    let mut plain = Vec::new();
    frame.by_ref().take(most + 1).read_to_end(&mut plain)?;
    if plain.len() as u64 > most {
        return Err(io::Error::other(format!("a piece of more than {most} bytes")));
    }
    let decoder = frame.into_frame_decoder();
    match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
        (Some(stored), Some(found)) if stored != found => {
            Err(io::Error::other("a piece with a wrong checksum"))
        }
        (Some(_) | None, Some(_) | None) => Ok(Some(plain)),
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    #[test]
    fn all_frames_of_a_file_are_read() {
        let packed = [&b"one\n"[..], b"", b"two\n"]
            .map(|part| compress_to_vec(part, CompressionLevel::Fastest))
            .concat();
        let mut text = String::new();
        ZstdFrames::new(&packed[..]).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");
    }

    #[test]
    fn a_torn_a_damaged_and_an_endless_frame_are_refused() {
        let packed = compress_to_vec(&b"a line of a purchase log\n"[..], CompressionLevel::Fastest);
        let next = |packed: &[u8], most| next_frame(&mut { packed }, most);
        assert_eq!(next(&packed, 100).unwrap().unwrap(), b"a line of a purchase log\n");
        assert!(next(&packed[..packed.len() - 3], 100).is_err());
        assert!(next(&packed, 10).is_err());
        let mut damaged = packed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        assert!(next(&damaged, 100).is_err());
        assert_eq!(next(b"", 100).unwrap(), None);
    }
}
