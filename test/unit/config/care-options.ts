/** Values of all options of care, as a person may write them, with what they need. */

/** Each option with a text that INI and YAML take. */
export const careTexts = {
  report: 'true', messages: 'true', tables: '', notify: 'false', ready: 'http://127.0.0.1:8080/ready status=200,204 header="X-A: b c" body=ok\\d', ready_timeout: '45s',
  health: 'interval=5s tcp://localhost:80 retries=2', on_unhealthy: 'signal USR2', watchdog: '30s', health_signal: 'USR1',
  depends_on: '', depends_restart: 'false', wait_for: 'tcp://db:5432, unix:///run/x.sock',
  pre_start: 'timeout=5s sh -c "echo %%a"', post_start: 'true', pre_stop: 'user=root true', post_stop: 'true', on_exit: 'true', on_fatal: 'true', on_unhealthy_hook: 'true',
  restart_delay: '500ms', restart_backoff: 'initial=2s max=1h', restart_reset: '5m', restart_limit: '5 per 10m', restart_retry_after: '1h', no_restart_on: '78,SEGV', restart_window: '22:00-06:00',
  max_memory: '512MB', memory_action: 'none', max_lifetime: '24h ±10%',
  stop_sequence: 'TERM 30s, INT, KILL', stop_command: 'kill -s "QUIT" 1', stop_extend_max: '1m', busy_wait: '2m', pre_stop_delay: '3s',
  watch: 'src, lib/**/*.js', watch_ignore: 'dist, src/generated', watch_delay: '500ms',
  type: 'oneshot', interval: '', schedule: '*/5  3 * * 1-5', timezone: 'Europe/Berlin', overlap: 'queue', catch_up: 'one', spread: '30s', run_timeout: '10m', retries: '2',
  limits: 'nofile=1024:65536 core=unlimited', nice: '5', ionice: 'best-effort 7', oom_score_adj: '-500', cpu_affinity: '0-3,6', cgroup: 'memory_max=512MB cpu_max=50% pids_max=100',
} as const
