import { UserError, wordsFor } from './kernel/user-error.ts'
import type { Running } from './main.ts'

/** How long ending may take before the process goes anyhow. */
const CLOSING_MILLIS = 8000

const [command = 'present', ...argv] = process.argv.slice(2)

// A closed window, or a pipe that nobody reads any more: what is said then is said to nobody, and the workshop ends or goes on all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  await dispatch(command, argv)
} catch (error) {
  process.stderr.write(`${wordsFor(error)}\n`)
  if (!(error instanceof UserError)) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(error instanceof UserError && error.code === 'bad-arguments' ? 2 : 1)
}

async function dispatch(name: string, rest: readonly string[]): Promise<void> {
  switch (name) {
    case 'present':
    case 'replay':
      return serve(name, rest)
    case 'simulate': {
      const { simulate } = await import('./simulate.ts')
      return simulate(rest)
    }
    case 'rehearse': {
      const { rehearse } = await import('./rehearse.ts')
      return rehearse(rest)
    }
    case 'export': {
      const { exportDeck } = await import('./export.ts')
      return exportDeck(rest)
    }
    case 'inspect': {
      const { inspect } = await import('./inspect.ts')
      return inspect(rest)
    }
    default:
      throw new UserError('bad-arguments', `"${name}" is not part of this version yet.`)
  }
}

async function serve(name: 'present' | 'replay', rest: readonly string[]): Promise<void> {
  const { parseConfig } = await import('./config.ts')
  const config = parseConfig(name, rest)
  if (config.command === 'help') {
    process.stdout.write(config.text)
    return
  }
  const main = await import('./main.ts')
  // One person's trouble must not end everybody's workshop.
  process.on('uncaughtException', (error) => main.log('Something unexpected happened; the workshop goes on.', error))
  process.on('unhandledRejection', (error) => main.log('Something unexpected happened; the workshop goes on.', error))
  const starting = config.command === 'present' ? main.present(config) : main.replay(config)
  endOnSignals(starting, config.json)
  const running = await starting
  process.stdout.write(config.json ? `${JSON.stringify(running.json)}\n` : running.text)
}

/** The first Ctrl-C ends everything in good order, also what is still starting; a second one ends at once. */
function endOnSignals(starting: Promise<Running>, quiet: boolean): void {
  let ending = false
  const end = (): void => {
    if (ending) process.exit(130)
    ending = true
    if (!quiet) process.stderr.write('\n  Ending…\n')
    setTimeout(() => process.exit(1), CLOSING_MILLIS).unref()
    starting
      .then((running) => running.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`Not everything ended cleanly: ${String(error)}\n`)
          process.exit(1)
        },
      )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
}
