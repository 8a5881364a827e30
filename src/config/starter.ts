/** The commented programs.yaml that `nsup init` writes for somebody who has none. */

/** Where a project that has nsup installed finds the schema that editors complete from. */
export const shippedSchema = './node_modules/nsup/schema/programs.schema.json'

/** The text of the starter. `schema` is a path or URL of the JSON Schema, relative to the file that is written. */
export function starterConfig(schema = shippedSchema): string {
  return `# yaml-language-server: $schema=${schema}
#
# Programs that nsup keeps running.
#   nsup start all     starts them, and the master that looks after them
#   nsup status        shows how they are
#   nsup update        applies what you change here; only what changed restarts
#   nsup check         tells what is wrong with this file

programs:
  hello:
    # Run without a shell: a command line, or a list of words as here.
    command: [sh, -c, 'while :; do echo "hello from $NAME"; sleep 5; done']
    environment:
      NAME: nsup

  # Another program, with the options that people reach for first; take off the # in front.
  # worker:
  #   command: node worker.js
  #   directory: "%(here)s"              # the folder of this file
  #   numprocs: 2                        # worker_00 and worker_01
  #   env_file: .env                     # KEY=value lines; needs the file
  #   autorestart: unexpected            # true, false, or unexpected: when the exit code is not in exitcodes
  #   exitcodes: [0]
  #   startsecs: 1s                      # up for longer than this is RUNNING
  #   startretries: 3                    # then FATAL
  #   stopsignal: TERM
  #   stopwaitsecs: 30s                  # then SIGKILL
  #   ready: tcp://127.0.0.1:8080        # RUNNING when it answers: also http://..., log PATTERN, exec COMMAND, report
  #   health: {http: 'http://127.0.0.1:8080/health', interval: 10s}
  #   depends_on: {hello: ready}         # starts after it, stops before it
  #   restart_limit: 5 per 10m           # then FATAL
  #   max_memory: 512MB                  # then it is replaced gracefully
  #   stdout_logfile: "%(here)s/worker-%(process_num)02d.log"
  #   stdout_logfile_maxbytes: 50MB
  #   stdout_logfile_backups: 10

# What all programs share.
# defaults:
#   log_timestamp: true

# Programs that are acted on together: nsup restart 'backend:*'
# groups:
#   backend:
#     programs: [hello, worker]

# Further files, relative to this one.
# include:
#   - conf.d/*.yaml
`
}
