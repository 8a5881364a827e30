/** One supervisord.conf for supervisord and nsup alike: the same programs, the same log files. */

/** @param {import('../lib/fleet.mjs').Plan} plan */
export function toIni(plan) {
  const { dir } = plan
  const head = `[supervisord]
logfile=${dir}/master.log
pidfile=${dir}/master.pid
childlogdir=${dir}
minfds=4096

[unix_http_server]
file=${dir}/rpc.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://${dir}/rpc.sock
`
  return head + plan.programs.map(section).join('')
}

/** @param {import('../lib/fleet.mjs').Program} program */
function section({ name, argv, logs, maxbytes, options = [] }) {
  const second = logs[1] ? `stderr_logfile=${logs[1]}` : 'redirect_stderr=true'
  return `
[program:${name}]
command=${argv.join(' ')}
autorestart=true
startsecs=0
stdout_logfile=${logs[0]}
stdout_logfile_maxbytes=${maxbytes ?? 0}
${[second, ...options].join('\n')}
`
}
