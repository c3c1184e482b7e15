use std::{collections::BTreeMap, path::Path, path::PathBuf};

use super::service::Service;
use crate::{
    contract::expect_contract,
    process::{Process, Start},
    program::{program, wait_until_ready},
};

/// The settings of a program: variables and their values.
pub(super) type Settings = BTreeMap<&'static str, String>;

/// A running program, and everything needed to start it again.
#[derive(Debug)]
pub(super) struct Instance {
    launch: Launch,
    process: Process,
}

#[derive(Debug)]
struct Launch {
    services: Vec<Service>,
    command: Vec<String>,
    settings: Settings,
    ports: Vec<u16>,
    log: PathBuf,
}

impl Instance {
    /// Starts one service as a separate program.
    pub(super) fn start_service(service: Service, port: u16, mut settings: Settings, folder: &Path) -> Self {
        settings.insert("PORT", port.to_string());
        expect_contract(service, &local_url(port));
        let launch = Launch {
            services: vec![service],
            command: vec![program(service.name()).display().to_string()],
            settings,
            ports: vec![port],
            log: folder.join(format!("{}-{port}.log", service.name())),
        };
        launch.start()
    }

    /// Starts all services in one process, on `first_port` and the two that follow.
    pub(super) fn start_all(first_port: u16, data: &Path, settings: Settings, folder: &Path) -> Self {
        for (service, port) in
            [Service::Frontend, Service::Auth, Service::Verify].into_iter().zip(first_port..)
        {
            expect_contract(service, &local_url(port));
        }
        let (port, data) = (first_port.to_string(), data.display().to_string());
        let drawbridge = program("drawbridge").display().to_string();
        let command = [drawbridge.as_str(), "up", "--port", &port, "--data", &data];
        let launch = Launch {
            services: Service::ALL.to_vec(),
            command: command.map(str::to_owned).to_vec(),
            settings,
            ports: (first_port..first_port + 3).collect(),
            log: folder.join("drawbridge.log"),
        };
        launch.start()
    }

    pub(super) fn restart(self) -> Self {
        drop(self.process);
        self.launch.start()
    }

    pub(super) fn runs(&self, service: Service) -> bool {
        self.launch.services.contains(&service)
    }

    pub(super) fn port(&self) -> u16 {
        self.launch.ports[0]
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.launch.settings
    }

    pub(super) fn process(&self) -> &Process {
        &self.process
    }
}

fn local_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl Launch {
    fn start(self) -> Instance {
        let settings: Vec<_> = self.settings.iter().map(|(name, value)| (*name, value.clone())).collect();
        let process = Process::start(Start {
            command: self.command.clone(),
            settings: &settings,
            signal: "TERM",
            log: self.log.clone(),
            remove: None,
        });
        for port in &self.ports {
            wait_until_ready(*port, &process);
        }
        Instance { launch: self, process }
    }
}
