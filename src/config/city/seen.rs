use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Largest city file or outline that is read.
pub const BYTES_MAX: u64 = 5 * 1024 * 1024;

/// A file as it was read: what its folder said of it just before, and a hash of its bytes.
#[derive(Clone, Debug)]
pub struct Seen {
    path: PathBuf,
    /// `None`: it was not there.
    stamp: Option<Stamp>,
    /// `None`: it could not be read.
    hash: Option<blake3::Hash>,
    /// Later looks at which the bytes were read again under the same stamp.
    confirmed: u8,
}

/// What a folder says of a file. `ctime` is among it because nothing can set it back: a copy that keeps the time of
/// its original still differs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    device: u64,
    inode: u64,
}

/// Looks after which a stamp stands for the bytes. A file that is written twice within one tick of its file system's
/// clock (two seconds on the coarsest) keeps its stamp the second time, so the bytes are read again until that tick is
/// over: looks are two seconds apart. Counting looks asks no clock, so a server of files whose clock is off does no harm.
const CONFIRMED: u8 = 2;

impl Seen {
    /// Reads a file of at most [`BYTES_MAX`] bytes. The error is one line.
    pub fn read(path: &Path) -> (Self, Result<String, String>) {
        let stamp = Stamp::of(path);
        let read = read_bounded(path, stamp);
        let hash = read.as_deref().ok().map(blake3::hash);
        let text =
            read.and_then(|bytes| String::from_utf8(bytes).map_err(|_error| "the file is not UTF-8 text".into()));
        (Self { path: path.to_owned(), stamp, hash, confirmed: 0 }, text)
    }

    /// Whether the file holds other bytes than when it was read, or came, or went. Reads it only when its stamp is new
    /// or not yet sure.
    pub fn has_changed(&mut self) -> bool {
        let stamp = Stamp::of(&self.path);
        let is_same = stamp == self.stamp;
        if is_same && (self.confirmed >= CONFIRMED || stamp.is_none()) {
            return false;
        }
        let hash = read_bounded(&self.path, stamp).ok().map(|bytes| blake3::hash(&bytes));
        if hash != self.hash || stamp.is_some() != self.stamp.is_some() {
            return true;
        }
        self.confirmed = if is_same { self.confirmed + 1 } else { 0 };
        self.stamp = stamp;
        false
    }
}

impl Stamp {
    /// `None` of what is not there, or is no file: a pipe would keep whoever reads it waiting.
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some(Self {
            bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
            device: found.dev(),
            inode: found.ino(),
        })
    }
}

fn read_bounded(path: &Path, stamp: Option<Stamp>) -> Result<Vec<u8>, String> {
    if let Some(stamp) = stamp.filter(|stamp| stamp.bytes > BYTES_MAX) {
        return Err(format!("{} bytes; at most {BYTES_MAX} are read: simplify it", stamp.bytes));
    }
    // A pipe would keep whoever opens it waiting, and a device may do anything: what is no file is not opened, and what
    // has become a pipe since does not wait.
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    let waits_not = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let open = || std::fs::File::options().read(true).custom_flags(waits_not).open(path);
    let file = if found.is_file() { Some(open().map_err(|error| error.to_string())?) } else { None };
    let Some(file) = file.filter(|file| file.metadata().is_ok_and(|found| found.is_file())) else {
        return Err("not a file".into());
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    // It may have grown since it was looked at.
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("more than {BYTES_MAX} bytes; simplify it"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_or_a_device_of_a_files_name_keeps_nobody_waiting() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let (done, waited) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let (mut seen, text) = Seen::read(&path);
            let of_pipe = (text, seen.has_changed());
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, "un").unwrap();
            let became_a_file = seen.has_changed();
            let of_device = Seen::read(Path::new("/dev/zero")).1;
            done.send((of_pipe, became_a_file, of_device)).unwrap();
        });
        let (of_pipe, became_a_file, of_device) =
            waited.recv_timeout(std::time::Duration::from_secs(10)).expect("it does not wait");
        assert_eq!(of_pipe, (Err("not a file".into()), false));
        assert!(became_a_file);
        assert_eq!(of_device, Err("not a file".into()));
    }

    /// A stamp that does not tell two writings apart, as a coarse clock gives.
    fn with_stamp_of_now(seen: &mut Seen) {
        seen.stamp = Stamp::of(&seen.path);
    }

    #[test]
    fn s06_other_bytes_under_the_same_stamp_are_seen_while_the_clock_may_stand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "un").unwrap();
        for (looks_before, is_seen) in [(0, true), (1, true), (2, false)] {
            let (mut seen, _) = Seen::read(&path);
            for _ in 0..looks_before {
                assert!(!seen.has_changed());
            }
            std::fs::write(&path, "de").unwrap();
            with_stamp_of_now(&mut seen);
            assert_eq!(seen.has_changed(), is_seen, "after {looks_before} looks");
            std::fs::write(&path, "un").unwrap();
        }
    }

    #[test]
    fn s06_a_file_that_came_went_or_was_only_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let (mut seen, text) = Seen::read(&path);
        assert!(text.is_err() && !seen.has_changed());
        std::fs::write(&path, "un").unwrap();
        assert!(seen.has_changed(), "it came");
        let (mut seen, text) = Seen::read(&path);
        assert_eq!(text.as_deref(), Ok("un"));
        // A copy that keeps its original's time and size differs in what can't be set back.
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        (0..=CONFIRMED).for_each(|_| assert!(!seen.has_changed()));
        std::fs::write(&path, "de").unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        assert!(seen.has_changed(), "same size, same time of writing");
        let (mut seen, _) = Seen::read(&path);
        std::fs::write(&path, "de").unwrap();
        assert!(!seen.has_changed(), "touched, and the same");
        std::fs::remove_file(&path).unwrap();
        assert!(seen.has_changed(), "it went");
    }

    #[test]
    fn h2_no_more_than_the_limit_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::File::create(&path).unwrap().set_len(BYTES_MAX + 1).unwrap();
        assert!(Seen::read(&path).1.unwrap_err().contains("simplify"));
        assert!(Seen::read(folder.path()).1.is_err(), "a folder is no file");
    }
}
