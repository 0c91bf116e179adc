use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use parvis_bench::load::{Door, Target};
use parvis_bench::posts::CITY;
use serde::Deserialize;

/// A server that can be put under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Parvis { workers: usize },
    Nchan,
    NodeWs,
    NaiveActix,
    Epoll { coalesces: bool },
}

/// A running server; it is ended with its drop.
pub struct Server {
    child: Child,
    pub target: Target,
    _folder: Option<tempfile::TempDir>,
}

#[derive(Deserialize)]
struct Listens {
    live: SocketAddr,
    door: SocketAddr,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parvis { workers: 1 } => "Parvis",
            Self::Parvis { .. } => "Parvis, two workers",
            Self::Nchan => "nginx + nchan",
            Self::NodeWs => "Node ws",
            Self::NaiveActix => "naive actix-ws",
            Self::Epoll { coalesces: false } => "bare epoll",
            Self::Epoll { coalesces: true } => "bare epoll, coalescing",
        }
    }

    /// What is missing to run it.
    pub fn missing(self) -> Option<String> {
        let needed = match self {
            Self::Nchan => vec![nchan_module().unwrap_or_else(|| "the nchan module".into()), "/usr/sbin/nginx".into()],
            Self::NodeWs => vec![peers().join("node_modules/ws")],
            _ => Vec::new(),
        };
        let gone = needed.iter().find(|path| !path.exists())?;
        Some(format!("{} is not measured: {} is absent (`make bench-peers` installs it)", self.name(), gone.display()))
    }

    /// Starts it on these processors. `message`: what the peers publish.
    pub fn start(self, processors: &str, message: &str) -> anyhow::Result<Server> {
        match self {
            Self::Nchan => nchan(processors, message),
            Self::Parvis { workers } => {
                let path = format!("/api/v1/cities/{CITY}/live");
                ours("fanout-server", &workers.to_string(), processors, &path, super::POST)
            }
            Self::NaiveActix => ours("naive", "", processors, "/ws", message),
            Self::Epoll { coalesces } => {
                let mode = if coalesces { "coalesce" } else { "single" };
                ours("floor", mode, processors, "/", message)
            }
            Self::NodeWs => {
                let mut command = pinned(processors, "node");
                command.arg(peers().join("broadcast.js"));
                listening(command, "/", message)
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // nginx ends its worker when it is asked to; what does not listen is killed.
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_millis(500) {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn nchan_module() -> Option<PathBuf> {
    ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules"]
        .iter()
        .map(|folder| Path::new(folder).join("ngx_nchan_module.so"))
        .find(|path| path.exists())
}

fn pinned(processors: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", processors]).arg(program);
    command
}

fn ours(program: &str, argument: &str, processors: &str, path: &str, message: &str) -> anyhow::Result<Server> {
    let own = std::env::current_exe()?;
    let mut command = pinned(processors, own.with_file_name(program));
    command.arg(argument);
    listening(command, path, message)
}

/// Starts a program that says on its first line where it listens.
fn listening(mut command: Command, path: &str, message: &str) -> anyhow::Result<Server> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("its output")?).read_line(&mut line)?;
    let listens: Listens = serde_json::from_str(&line).with_context(|| format!("{command:?} did not start"))?;
    let target = Target {
        address: listens.live,
        path: path.into(),
        door: Door::Lines(listens.door),
        pids: vec![child.id()],
        template: message.into(),
    };
    Ok(Server { child, target, _folder: None })
}

/// nginx with one worker and one channel. Publishing is by POST: nchan has no other way in.
fn nchan(processors: &str, message: &str) -> anyhow::Result<Server> {
    let folder = tempfile::tempdir()?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let module = nchan_module().context("nchan's module")?;
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    let configuration = format!(
        "load_module {module};\ndaemon off;\nworker_processes 1;\n{user}\npid {folder}/pid;\nerror_log stderr error;\n\
         worker_rlimit_nofile 20000;\nevents {{ worker_connections 20000; }}\n\
         http {{\n access_log off;\n client_body_temp_path {folder}/body;\n proxy_temp_path {folder}/proxy;\n \
         fastcgi_temp_path {folder}/fastcgi;\n uwsgi_temp_path {folder}/uwsgi;\n scgi_temp_path {folder}/scgi;\n \
         tcp_nodelay on;\n keepalive_requests 1000000000;\n keepalive_timeout 3600s;\n \
         server {{\n  listen {address} backlog=4096;\n  \
         location /pub {{ nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 100; }}\n  \
         location /sub {{ nchan_subscriber websocket; nchan_channel_id bench; \
         nchan_subscriber_first_message newest; }}\n }}\n}}\n",
        module = module.display(),
        folder = folder.path().display(),
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let mut command = pinned(processors, "/usr/sbin/nginx");
    command.arg("-c").arg(&file).arg("-p").arg(folder.path());
    let child = command.stdout(Stdio::null()).spawn()?;
    let began = Instant::now();
    while TcpStream::connect(address).is_err() {
        if began.elapsed() > Duration::from_secs(10) {
            bail!("nginx does not listen");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id()))?;
    let worker = children.split_whitespace().next().context("nginx's worker")?.parse()?;
    let target = Target {
        address,
        path: "/sub".into(),
        door: Door::Post { address, path: "/pub".into(), pool: 64 },
        pids: vec![worker],
        template: message.into(),
    };
    Ok(Server { child, target, _folder: Some(folder) })
}
