//! The boundaries of WebSocket frames (RFC 6455, 5.2). A close frame of ours may only stand between two frames.

use super::response_watch::ResponseEnd;

/// The close code that a client receives when the session ends (RFC 6455, 7.4.2: for private use).
const SESSION_ENDED_CLOSE_CODE: u16 = 4401;

/// The close code that a client receives when the service stops (RFC 6455, 7.4.1: going away).
const GOING_AWAY_CLOSE_CODE: u16 = 1001;

/// Where in a stream of frames from the server the next byte belongs.
#[derive(Debug, Default)]
pub(super) struct FrameBoundary {
    /// The bytes of a header that is not complete yet.
    header: Vec<u8>,
    /// How many bytes of the payload are still missing.
    payload_left: u64,
}

impl FrameBoundary {
    /// Reads the next bytes of the stream. Returns how many of them belong to the first frame that ends in them.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut first_end = None;
        let mut position = 0;
        while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
            position += self.read_part(rest);
            if self.is_reached() && first_end.is_none() {
                first_end = Some(position);
            }
        }
        first_end
    }

    /// Reads either a payload or one byte of a header. Returns how many bytes it has read.
    fn read_part(&mut self, bytes: &[u8]) -> usize {
        if self.payload_left > 0 {
            let read = bytes.len().min(usize::try_from(self.payload_left).unwrap_or(usize::MAX));
            self.payload_left -= read as u64;
            return read;
        }
        self.header.extend(bytes.first());
        if let Some(length) = payload_length(&self.header) {
            self.payload_left = length;
            self.header.clear();
        }
        1
    }

    /// Returns true if the next byte begins a frame.
    pub(super) fn is_reached(&self) -> bool {
        self.header.is_empty() && self.payload_left == 0
    }
}

/// The length of the payload with a masking key, once the header in front of it is complete.
fn payload_length(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let extended = |bytes: usize| {
        let field = header.get(2..2 + bytes)?;
        Some(field.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)))
    };
    let length = match second & 0x7f {
        126 => extended(2)?,
        127 => extended(8)?,
        short => u64::from(short),
    };
    Some(length.saturating_add(mask))
}

/// The frame that closes a connection, with its code and a reason for people.
pub(super) fn close_frame(end: ResponseEnd) -> Vec<u8> {
    let (code, reason) = match end {
        ResponseEnd::SessionEnded => (SESSION_ENDED_CLOSE_CODE, "session ended"),
        ResponseEnd::ServiceStops => (GOING_AWAY_CLOSE_CODE, "service stopping"),
    };
    let payload_length = u8::try_from(2 + reason.len()).unwrap_or(2);
    let mut frame = vec![0x88, payload_length];
    frame.extend(code.to_be_bytes());
    frame.extend(reason.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0x82];
        if let Some(short) = u8::try_from(length).ok().filter(|length| *length < 126) {
            frame.push(short);
        } else if let Ok(medium) = u16::try_from(length) {
            frame.push(126);
            frame.extend(medium.to_be_bytes());
        } else {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
        frame.resize(frame.len() + length, 0x88);
        frame
    }

    #[test]
    fn boundaries_are_found_however_the_stream_is_cut() {
        let lengths = [0, 1, 125, 126, 300, 65_535, 65_536, 70_000, 2];
        let stream: Vec<u8> = lengths.into_iter().flat_map(frame).collect();
        let mut ends = Vec::new();
        let mut end = 0;
        for length in lengths {
            end += frame(length).len();
            ends.push(end);
        }

        for cut in [1, 2, 3, 7, 100, 65_537, stream.len()] {
            let mut boundary = FrameBoundary::default();
            let mut read = 0;
            for chunk in stream.chunks(cut) {
                let first_end = boundary.advance(chunk).map(|end| read + end);
                let within = |end: &&usize| (read + 1..=read + chunk.len()).contains(*end);
                assert_eq!(first_end, ends.iter().find(within).copied(), "chunks of {cut}, after {read}");
                read += chunk.len();
                assert_eq!(boundary.is_reached(), ends.contains(&read), "chunks of {cut}, after {read}");
            }
        }
    }

    #[test]
    fn the_close_frame_has_code_and_reason() {
        assert_eq!(close_frame(ResponseEnd::SessionEnded), b"\x88\x0f\x11\x31session ended");
        assert_eq!(close_frame(ResponseEnd::ServiceStops), b"\x88\x12\x03\xe9service stopping");
    }
}
