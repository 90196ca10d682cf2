import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { usualSeconds } from './source.ts'

export interface PrometheusOptions {
  readonly binary: string
  /** Its configuration and samples; what an earlier process left in it is taken up again. */
  readonly folder: string
  readonly discoveryUrl: string
  /** Seconds from one scrape of a cluster to the next. */
  readonly scrapeSeconds?: number | undefined
  /** It ended unasked; `words` are its last. */
  readonly onCrash: (words: string) => void
}

export interface PrometheusProcess {
  /** Its HTTP API, without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Prometheus in this shell's place, under its process id. Beside it waits what ends it when the pipe that the server holds
 * closes: the kernel closes it however the server ends, SIGKILL included. Nothing is ever written to the pipe.
 */
const diesWithServer = `self=$$
exec 3<&0 </dev/null
(while read -r _ <&3; do :; done; kill -KILL $self) 2>/dev/null &
exec 3<&-
exec "$0" "$@"`

const readyWithinMillis = 30_000
const stopWithinMillis = 5_000

/** Starts a Prometheus that scrapes what `discoveryUrl` lists. @throws when it ends before it is ready, with its last words */
export async function startPrometheus({
  binary,
  folder,
  discoveryUrl,
  scrapeSeconds,
  onCrash,
}: PrometheusOptions): Promise<PrometheusProcess> {
  const config = join(folder, 'prometheus.yml')
  await writeFile(config, configFor(discoveryUrl, scrapeSeconds ?? usualSeconds), { mode: 0o600 })
  const port = await freePort()
  // Its API has no password; a prefix that nobody can guess does for one, and its answers are for no web page.
  const prefix = `/${randomBytes(16).toString('hex')}`
  // A session of its own: a terminal's Ctrl-C reaches the server alone, which then ends this in its turn.
  const child = spawn('/bin/sh', ['-c', diesWithServer, binary, ...argumentsFor({ config, folder, port, prefix })], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: {},
    detached: true,
  })
  child.stdin.on('error', () => {})
  const words = lastWordsOf(child)
  const ended = Promise.withResolvers<void>()
  child.once('exit', () => {
    endGroup(child)
    ended.resolve()
  })
  child.once('error', () => ended.resolve())
  const url = `http://127.0.0.1:${port}${prefix}`
  let stopping = false
  const close = () => {
    stopping = true
    return stopChild(child)
  }
  try {
    await readiness(url, child, ended.promise, words)
  } catch (error) {
    await close()
    throw error
  }
  void ended.promise.then(() => {
    if (!stopping) onCrash(words())
  })
  return { url, close }
}

/** JSON is YAML. The labels are set by the targets themselves, so targets need no relabelling. */
function configFor(discoveryUrl: string, seconds: number): string {
  return JSON.stringify({
    // A cluster that was fast-forwarded has a past that is written at once.
    storage: { tsdb: { out_of_order_time_window: '24h' } },
    global: { scrape_interval: `${seconds}s`, scrape_timeout: `${seconds > 2 ? seconds - 1 : seconds}s`, evaluation_interval: '1m' },
    scrape_configs: [
      {
        job_name: 'clusters',
        body_size_limit: '16MB',
        sample_limit: 100_000,
        http_sd_configs: [{ url: discoveryUrl, refresh_interval: '5s' }],
        // Pages carry their targets' own labels. Without this server's `cluster`, what Prometheus says of them is nobody's series.
        honor_labels: true,
      },
    ],
  })
}

function argumentsFor(place: { config: string; folder: string; port: number; prefix: string }): string[] {
  return [
    `--config.file=${place.config}`,
    `--storage.tsdb.path=${join(place.folder, 'data')}`,
    '--storage.tsdb.retention.time=1d',
    '--storage.tsdb.retention.size=2GB',
    `--web.listen-address=127.0.0.1:${place.port}`,
    `--web.external-url=http://127.0.0.1:${place.port}${place.prefix}/`,
    `--web.route-prefix=${place.prefix}`,
    '--web.cors.origin=^$',
    '--web.enable-remote-write-receiver',
    '--query.timeout=5s',
    '--query.max-concurrency=8',
    '--query.max-samples=2000000',
    '--log.level=warn',
  ]
}

/** Keeps the end of what a process says on standard error. */
function lastWordsOf(child: ChildProcess): () => string {
  let said = ''
  const add = (chunk: unknown) => {
    said = (said + String(chunk)).slice(-2000)
  }
  child.stderr?.on('data', add)
  child.on('error', (error) => add(error.message))
  return () => said.trim().split('\n').at(-1) ?? ''
}

async function readiness(url: string, child: ChildProcess, ended: Promise<void>, words: () => string): Promise<void> {
  const deadline = Date.now() + readyWithinMillis
  const gone = ended.then(() => 'ended' as const)
  while (Date.now() < deadline) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) break
    const answer = await Promise.race([
      gone,
      fetch(`${url}/-/ready`).then(
        ({ ok }) => (ok ? 'ready' : 'not yet'),
        () => 'not yet',
      ),
    ])
    if (answer === 'ready') return
    if (answer === 'ended') break
    await Promise.race([gone, new Promise((done) => setTimeout(done, 100))])
  }
  throw new Error(words() || 'Prometheus did not become ready.')
}

/** Ends what waited beside it. The group's number is its own as long as anything of the group lives. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left of it.
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const kill = setTimeout(() => child.kill('SIGKILL'), stopWithinMillis)
  child.kill('SIGTERM')
  await exited
  clearTimeout(kill)
}

/** Prometheus cannot be asked to choose a port and say which. Somebody may be faster; then it ends and is started again. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
