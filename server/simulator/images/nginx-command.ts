import type { Run } from '../shell/machine.ts'
import type { signals } from '../shell/processes.ts'

/** A container's main program, as a command in the same container reaches it. */
export interface MainProgram {
  /** What is wrong with its configuration file as it is now. */
  readonly mistake: () => string | undefined
  readonly signal: (name: keyof typeof signals) => void
}

const meanings = { reload: 'HUP', stop: 'TERM', quit: 'QUIT', reopen: 'USR1' } as const

/** `nginx -t` and `nginx -s reload`. https://nginx.org/en/docs/switches.html */
export function controlNginx(run: Run, program: MainProgram): number {
  const { args, io, machine, process } = run
  const file = '/etc/nginx/nginx.conf'
  const flags = args.filter((arg) => arg.startsWith('-')).join('')
  const wrong = program
    .mistake()
    ?.split('\n')
    .findLast((line) => line.startsWith('nginx: '))
  const testing = /[tT]/.test(flags)
  if (wrong !== undefined) {
    const failed = testing ? `nginx: configuration file ${file} test failed\n` : ''
    io.err.write(`${wrong}\n${failed}`)
    return 1
  }
  if (testing) {
    if (!flags.includes('q'))
      io.err.write(`nginx: the configuration file ${file} syntax is ok\nnginx: configuration file ${file} test is successful\n`)
    if (flags.includes('T')) io.out.write(`# configuration file ${file}:\n${machine.files.read(file)}\n`)
    return 0
  }
  const word = args[args.indexOf('-s') + 1] ?? ''
  const meant = Object.entries(meanings).find(([name]) => name === word)
  if (!meant) {
    io.err.write(`nginx: invalid option: "-s ${word}"\n`)
    return 1
  }
  const at = new Date(machine.clock.now()).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
  io.err.write(`${at} [notice] ${process.pid}#${process.pid}: signal process started\n`)
  program.signal(meant[1])
  return 0
}
