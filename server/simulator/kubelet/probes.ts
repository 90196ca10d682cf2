import type { Clock } from '../../kernel/clock.ts'
import type { Container, IntOrString, Probe } from '../resources/kinds.ts'
import type { ProbeResult, RuntimeContainer } from './runtime.ts'

export type ProbeKind = 'Liveness' | 'Readiness' | 'Startup'

export interface ProbeReport {
  /** One attempt failed; the words are what the event shows after `… probe failed: `. */
  readonly failed: (kind: ProbeKind, message: string) => void
  /** Enough attempts in a row agreed. */
  readonly settled: (kind: ProbeKind, healthy: boolean) => void
}

/** The kubelet's probes learn only after about this long that a container has started. */
const noticedMillis = 1000

/**
 * Runs one probe of one running container until it is stopped.
 * @param ways `late` begins a period later, having passed already; `quiet` ends with success
 * @returns stops it
 */
export function runProbe(
  clock: Clock,
  kind: ProbeKind,
  probe: Probe,
  container: Container,
  running: RuntimeContainer,
  report: ProbeReport,
  ways: { readonly late: boolean; readonly quiet: boolean },
): () => void {
  const period = Math.max(probe.periodSeconds ?? 10, 1) * 1000
  const needed = { healthy: probe.successThreshold ?? 1, failing: probe.failureThreshold ?? 3 }
  let streak = 0
  let last: boolean | undefined
  let stopped = false
  let cancel = (): void => {}

  const hear = (result: ProbeResult): void => {
    if (stopped) return
    streak = last === result.ok ? streak + 1 : 1
    last = result.ok
    running.noteProbe?.(kind, result.ok)
    if (!result.ok) report.failed(kind, result.message)
    if (streak === (result.ok ? needed.healthy : needed.failing)) report.settled(kind, result.ok)
    const content = ways.quiet && result.ok && streak >= needed.healthy
    if (!stopped && !content) cancel = clock.after(period, attempt)
  }
  const attempt = (): void => {
    if (!stopped) execute(probe, container, running, hear)
  }
  const delay = Math.max((probe.initialDelaySeconds ?? 0) * 1000, noticedMillis) + (ways.late ? period : 0)
  if (!(ways.late && ways.quiet)) cancel = clock.after(delay, attempt)
  return () => {
    stopped = true
    cancel()
  }
}

function execute(probe: Probe, container: Container, running: RuntimeContainer, done: (result: ProbeResult) => void): void {
  const timeoutMillis = (probe.timeoutSeconds ?? 1) * 1000
  if (probe.exec) {
    const command = probe.exec.command ?? []
    running.run(command, timeoutMillis, (result) => {
      if (result.timedOut)
        done({ ok: false, message: `command timed out: "${command.join(' ')}" timed out after ${timeoutMillis / 1000}s` })
      else done(result.code === 0 ? { ok: true } : { ok: false, message: result.output })
    })
    return
  }
  if (probe.httpGet) {
    const { path = '/', scheme = 'HTTP', httpHeaders = [] } = probe.httpGet
    const headers = Object.fromEntries(httpHeaders.map((header) => [header.name, header.value]))
    const port = portOf(probe.httpGet.port, container)
    running.probe(
      { kind: 'http', scheme: scheme.toLowerCase(), port, path: path.startsWith('/') ? path : `/${path}`, headers, timeoutMillis },
      done,
    )
    return
  }
  if (probe.tcpSocket) running.probe({ kind: 'tcp', port: portOf(probe.tcpSocket.port, container), timeoutMillis }, done)
  else if (probe.grpc) running.probe({ kind: 'grpc', port: probe.grpc.port, service: probe.grpc.service ?? '', timeoutMillis }, done)
  else done({ ok: true })
}

/** A probe may name its port. */
export function portOf(port: IntOrString, container: Container): number {
  if (typeof port === 'number') return port
  return container.ports?.find((one) => one.name === port)?.containerPort ?? (Number.parseInt(port, 10) || 0)
}
