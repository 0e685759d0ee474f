// pm2 start deploy/pm2.config.cjs && pm2 save && pm2 startup
// Logs: pm2 logs zgate. One instance: one process writes a data folder.
module.exports = {
  apps: [
    {
      name: "zgate",
      script: "./zgate",
      args: "serve",
      interpreter: "none",
      exec_mode: "fork",
      instances: 1,
      autorestart: true,
      // Longer than SHUTDOWN_TIMEOUT: running answers end in peace.
      kill_timeout: 30_000,
      max_memory_restart: "512M",
    },
  ],
};
