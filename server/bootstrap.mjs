/**
 * The one way in: `node server/bootstrap.mjs COMMAND`. Plain JavaScript without dependencies, for any Node
 * from 18 on: it sees to a Node that runs TypeScript, then hands over to `tools/prepare.ts` (which makes the
 * rest of the machine ready) and to the command itself.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import nodeModule from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const pinned = JSON.parse(readFileSync(join(root, 'server/tools/pinned.json'), 'utf8')).node

/**
 * Every command, what it is for, and the file that runs it. One that needs only packages does without a look at the
 * rest of the machine, which takes longer than what it does itself.
 */
const COMMANDS = {
  present: { does: 'start a workshop: stage, console and join page (npm start)', file: './cli.ts' },
  replay: { does: 'play a session that was recorded', file: './cli.ts' },
  simulate: { does: 'start one simulated cluster alone and write its kubeconfig', file: './cli.ts' },
  inspect: { does: 'say what slides a deck has, as text or JSON', file: './cli.ts', needsOnlyPackages: true },
  rehearse: { does: 'run a deck as an attendee would, and say what breaks', file: './cli.ts' },
  export: { does: 'write a deck as a PDF, or as one HTML file that needs nothing else', file: './cli.ts' },
  doctor: { does: 'say which tools are there, which are missing and how to get them', file: './tools/doctor.ts' },
  test: { does: 'run every test (npm test)', file: './tools/run-tests.ts' },
  check: { does: 'formatting, lint, types, unused code and import rules (npm run check)', file: './tools/run-checks.ts' },
  conformance: { does: 'compare the simulated cluster with recordings of a real one', file: '../e2e/conformance/run.mjs' },
  bench: { does: 'measure start, join, echo and memory', file: '../e2e/bench.ts' },
}

const HELP = `Deckhand: slides with a live Kubernetes cluster inside, one for every attendee.

  node server/bootstrap.mjs COMMAND [OPTIONS]

${Object.entries(COMMANDS)
  .map(([name, { does }]) => `  ${name.padEnd(10)}${does}`)
  .join('\n')}

COMMAND --help says more about one of them.
`

const [command, ...args] = process.argv.slice(2)

if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
  process.stdout.write(HELP)
} else if (!Object.hasOwn(COMMANDS, command)) {
  process.stderr.write(`There is no command "${command}". ${suggestion(command)}\n`)
  process.exitCode = 2
} else if (atLeast(process.versions.node, pinned.minimum)) {
  await runHere(command, args)
} else {
  await runUnder(newerNode(), [command, ...args])
}

// --- the command, in this process -----------------------------------------------------------------------

/** The command runs in this very process: one process to interrupt, and nothing can be orphaned. */
async function runHere(name, rest) {
  ignoreEchoes()
  listenToParent()
  keepCompiled()
  const { file, needsOnlyPackages } = COMMANDS[name]
  // npm writes its account last: an installation that was interrupted has none.
  if (!needsOnlyPackages || !existsSync(join(root, 'node_modules/.package-lock.json'))) {
    const { prepare } = await import('./tools/prepare.ts')
    const ready = await prepare(name, rest)
    if (!ready) process.exit(1)
  }
  const script = fileURLToPath(new URL(file, import.meta.url))
  if (!existsSync(script)) {
    process.stderr.write(`"${name}" is not part of this version yet.\n`)
    process.exit(1)
  }
  process.argv = [process.execPath, script, ...(file === './cli.ts' ? [name] : []), ...rest]
  await import(file)
}

/** Newer Nodes keep they have compiled, TypeScript too: the next start is faster. Where nothing can be written, nothing is kept. */
function keepCompiled() {
  nodeModule.enableCompileCache?.(join(root, '.tools/compiled'))
}

/**
 * One Ctrl-C arrives up to three times: from the terminal, from npm, which passes on what it gets, and from
 * the older Node above us. A repetition within this time is the same key press; a person's second one is not.
 */
function ignoreEchoes(withinMs = 400) {
  const seen = new Map()
  const emit = process.emit
  process.emit = function (name, ...rest) {
    if (name === 'SIGINT' || name === 'SIGTERM' || name === 'SIGHUP') {
      const now = performance.now()
      const before = seen.get(name)
      seen.set(name, now)
      if (before !== undefined && now - before < withinMs) return true
    }
    return emit.call(this, name, ...rest)
  }
}

/** Signals that only the older Node above us got arrive as messages; when it dies, so do we. */
function listenToParent() {
  if (!process.channel) return
  const act = (signal) => (process.listenerCount(signal) > 0 ? process.emit(signal, signal) : process.kill(process.pid, signal))
  process.on('message', ({ signal }) => act(signal))
  process.on('disconnect', () => act('SIGTERM'))
  process.channel.unref()
}

// --- the command, under a newer Node --------------------------------------------------------------------

function runUnder(node, argv) {
  // npm and every script it starts must find the newer Node first.
  const env = { ...process.env, PATH: `${join(node, '..')}:${process.env.PATH ?? ''}` }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...argv], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env })
  const pass = (signal) => child.connected && child.send({ signal }, () => {})
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass)
  return new Promise((resolve) => {
    child.once('error', (error) => fail(`${node} could not be started: ${error.message}. Remove .tools/node and try again.`))
    child.once('exit', (code, signal) => {
      if (signal) {
        process.removeAllListeners(signal)
        process.kill(process.pid, signal)
      }
      process.exitCode = code ?? 1
      resolve()
    })
  })
}

/** The path of the pinned Node; fetched from npm on the first run, through the person's own npm settings. */
function newerNode() {
  const platform = `${process.platform}-${process.arch}`
  const wanted = pinned.packages[platform]
  const home = join(root, '.tools/node')
  const binary = join(home, 'bin/node')
  if (!wanted) fail(`Deckhand needs Node ${pinned.minimum} or newer and knows no build of it for ${platform}. Install one from nodejs.org.`)
  if (existsSync(binary) && versionIn(home) === wanted.version) return binary
  const started = Date.now()
  process.stderr.write(`→ Node ${wanted.version}: this machine has ${process.versions.node}; fetching a newer one from npm\n`)
  fetchPackage(wanted, home)
  process.stderr.write(`✓ Node ${wanted.version} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`)
  return binary
}

function fetchPackage({ name, version, integrity }, home) {
  mkdirSync(join(root, '.tools'), { recursive: true })
  const partial = mkdtempSync(join(root, '.tools/fetching-'))
  const giveUp = (what) => {
    rmSync(partial, { recursive: true, force: true })
    fail(`${what} Install Node ${pinned.minimum} or newer yourself (nodejs.org), or try again when npm's registry can be reached.`)
  }
  const packed = spawnSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', partial], {
    cwd: partial,
    stdio: 'pipe',
  })
  if (packed.error) giveUp('npm is not installed, so a newer Node cannot be fetched.')
  const file = readdirSync(partial).find((each) => each.endsWith('.tgz'))
  if (packed.status !== 0 || !file) giveUp(`npm could not fetch ${name} ${version}.`)
  const archive = join(partial, file)
  if (`sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}` !== integrity) {
    giveUp(`What npm delivered as ${name} ${version} is not what was published: its checksum is wrong.`)
  }
  const unpacked = spawnSync('tar', ['-xzf', archive, '-C', partial, 'package/bin', 'package/package.json', 'package/LICENSE'])
  if (unpacked.status !== 0) giveUp(`${name} could not be unpacked with tar.`)
  rmSync(home, { recursive: true, force: true })
  renameSync(join(partial, 'package'), home)
  rmSync(partial, { recursive: true, force: true })
}

function versionIn(home) {
  try {
    return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}

function atLeast(version, minimum) {
  const [a, b] = [version, minimum].map((each) => each.split('.').map(Number))
  const index = a.findIndex((part, i) => part !== b[i])
  return index === -1 || a[index] > b[index]
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

// --- words ------------------------------------------------------------------------------------------------

function suggestion(wrong) {
  const nearest = Object.keys(COMMANDS)
    .map((name) => ({ name, distance: distance(wrong, name) }))
    .sort((a, b) => a.distance - b.distance)[0]
  if (nearest.distance <= Math.max(2, wrong.length / 3)) return `Did you mean "${nearest.name}"?`
  return `The commands are ${Object.keys(COMMANDS).join(', ')}.`
}

/** How many letters to add, drop or change (Levenshtein). */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}
