use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use parvis_bench::load::{Door, Target};
use parvis_bench::posts::CITY;
use serde::Deserialize;

const NGINX: &str = "/usr/sbin/nginx";

/// A server that can be put under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Parvis {
        workers: usize,
    },
    Nchan,
    NodeWs,
    NaiveActix,
    Epoll {
        coalesces: bool,
    },
    /// Bare epoll that sends from two threads.
    EpollHalves,
    /// Ours behind nginx, which ends TLS; all on one processor.
    ParvisTls,
    NchanTls,
}

/// A running server; it is ended with its drop.
pub struct Server {
    child: Child,
    pub target: Target,
    _folder: Option<tempfile::TempDir>,
    /// What stands behind it.
    _behind: Option<Box<Server>>,
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
            Self::EpollHalves => "bare epoll, two threads",
            Self::ParvisTls => "Parvis behind nginx with TLS",
            Self::NchanTls => "nginx + nchan with TLS",
        }
    }

    /// Whether a short run has time for it with so many readers: for those to whom a goal compares.
    pub const fn is_for_quick(self, readers: usize) -> bool {
        match self {
            Self::Parvis { .. } | Self::ParvisTls | Self::Nchan | Self::Epoll { coalesces: false } => true,
            Self::NodeWs | Self::NaiveActix => readers <= 1_000,
            Self::NchanTls | Self::Epoll { coalesces: true } | Self::EpollHalves => false,
        }
    }

    /// Posts a second that it will surely sustain on any machine, or nearly so.
    pub const fn low(self, readers: usize) -> f64 {
        let deliveries = match self {
            Self::Parvis { .. } | Self::Epoll { coalesces: true } => 1_000_000.0,
            Self::NaiveActix => 500_000.0,
            _ => 80_000.0,
        };
        deliveries / readers as f64
    }

    /// What is missing to run it.
    pub fn missing(self) -> Option<String> {
        let needed = match self {
            Self::ParvisTls => vec![NGINX.into()],
            Self::Nchan | Self::NchanTls => {
                vec![nchan_module().unwrap_or_else(|| "the nchan module".into()), NGINX.into()]
            }
            Self::NodeWs => vec![peers().join("node_modules/ws")],
            _ => Vec::new(),
        };
        let gone = needed.iter().find(|path| !path.exists())?;
        Some(format!("{} is not measured: {} is absent (`make bench-peers` installs it)", self.name(), gone.display()))
    }

    /// Starts it on these processors. `message`: what the peers publish.
    pub fn start(self, processors: &str, message: &str) -> anyhow::Result<Server> {
        match self {
            Self::Nchan => nchan(processors, message, false),
            Self::NchanTls => nchan(processors, message, true),
            Self::ParvisTls => {
                let behind = Self::Parvis { workers: 1 }.start(processors, message)?;
                proxied(processors, behind)
            }
            Self::Parvis { workers } => {
                let path = format!("/api/v1/cities/{CITY}/live");
                ours("fanout-server", &workers.to_string(), processors, &path, super::POST)
            }
            Self::NaiveActix => ours("naive", "", processors, "/ws", message),
            Self::Epoll { coalesces } => {
                let mode = if coalesces { "coalesce" } else { "single" };
                ours("floor", mode, processors, "/", message)
            }
            Self::EpollHalves => ours("floor", "halves", processors, "/", message),
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
        tls: None,
        door: Door::Lines(listens.door),
        pids: vec![child.id()],
        template: message.into(),
    };
    Ok(Server { child, target, _folder: None, _behind: None })
}

/// One channel of nchan. Publishing is by POST: nchan has no other way in.
fn nchan(processors: &str, message: &str, with_tls: bool) -> anyhow::Result<Server> {
    let module = nchan_module().context("nchan's module")?;
    let locations = "location /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 100; }\n\
         location /sub { nchan_subscriber websocket; nchan_channel_id bench; nchan_subscriber_first_message newest; }";
    let load = format!("load_module {};", module.display());
    let mut server = nginx(processors, &load, locations, with_tls)?;
    server.target.path = "/sub".into();
    server.target.template = message.into();
    Ok(server)
}

/// A server of ours behind TLS.
fn proxied(processors: &str, behind: Server) -> anyhow::Result<Server> {
    let locations = format!(
        "location / {{ proxy_pass http://{}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
         proxy_set_header Connection upgrade; proxy_read_timeout 1h; }}",
        behind.target.address
    );
    let mut server = nginx(processors, "", &locations, true)?;
    server.target.path.clone_from(&behind.target.path);
    server.target.template.clone_from(&behind.target.template);
    server.target.door = behind.target.door.clone();
    server.target.pids.extend(&behind.target.pids);
    server._behind = Some(Box::new(behind));
    Ok(server)
}

/// nginx with one worker. Posts go in without TLS, on a port of their own.
fn nginx(processors: &str, head: &str, locations: &str, with_tls: bool) -> anyhow::Result<Server> {
    let folder = tempfile::tempdir()?;
    let free = || TcpListener::bind("127.0.0.1:0")?.local_addr();
    let (address, door) = (free()?, free()?);
    let path = folder.path().display();
    let (tls, listens) = if with_tls {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(folder.path().join("certificate"), made.cert.pem())?;
        std::fs::write(folder.path().join("key"), made.signing_key.serialize_pem())?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.cert.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let files = format!("ssl_certificate {path}/certificate; ssl_certificate_key {path}/key;");
        (Some(Arc::new(config)), format!("listen {address} ssl backlog=4096; {files}"))
    } else {
        (None, format!("listen {address} backlog=4096;"))
    };
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    let configuration = format!(
        "{head}\ndaemon off;\nworker_processes 1;\n{user}\npid {path}/pid;\nerror_log stderr error;\n\
         worker_rlimit_nofile 20000;\nevents {{ worker_connections 20000; }}\n\
         http {{\naccess_log off;\nclient_body_temp_path {path}/body;\nproxy_temp_path {path}/proxy;\n\
         fastcgi_temp_path {path}/fastcgi;\nuwsgi_temp_path {path}/uwsgi;\nscgi_temp_path {path}/scgi;\n\
         tcp_nodelay on;\nkeepalive_requests 1000000000;\nkeepalive_timeout 3600s;\n\
         server {{\n{listens}\nlisten {door};\n{locations}\n}}\n}}\n",
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, configuration)?;
    let mut command = pinned(processors, NGINX);
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
        path: String::new(),
        tls,
        door: Door::Post { address: door, path: "/pub".into(), pool: 64 },
        pids: vec![worker],
        template: String::new(),
    };
    Ok(Server { child, target, _folder: Some(folder), _behind: None })
}
