use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A web server over a folder, and what else its address answers.
pub struct Nginx {
    port: u16,
    folder: tempfile::TempDir,
    process: Child,
}

impl Nginx {
    /// `locations`: more of its configuration.
    pub fn serve(root: &Path, locations: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (home, root) = (folder.path().display(), root.display());
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|kind| format!("{kind}_temp_path {home}/{kind};\n"))
            .collect();
        let config = format!(
            "daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;\nevents {{}}\n\
             http {{ {temporary} log_format short '$status $request_uri $http_user_agent';\n\
             access_log {home}/access.log short;\n\
             server {{ listen 127.0.0.1:{port}; root {root};\n{locations}\n}} }}\n"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-p").arg(folder.path()).env("PATH", path);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nginx: run make setup-test");
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { port, folder, process }
    }

    /// Each feed's host is its own, for those of one host are asked one after another.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}.localhost:{}{path}", self.port)
    }

    /// Lines of `status path agent`, in the order in which they were answered.
    pub fn answered(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
