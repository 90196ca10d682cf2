import type { StreamSession, StreamSink } from '../api/http.ts'
import type { Api } from '../api/door.ts'
import type { AttachOptions, ContainerConfig, ExecOptions, Exit, ProbeRequest, ProbeResult, RuntimeContainer } from '../kubelet/runtime.ts'
import type { ClusterNetwork, Endpoint } from '../network/network.ts'
import { probe } from '../network/probe.ts'
import type { HttpRequest } from '../network/view.ts'
import type { Platform } from '../platform.ts'
import { execute } from '../shell/interpreter.ts'
import { baseOf } from '../shell/files.ts'
import type { Machine } from '../shell/machine.ts'
import type { Process } from '../shell/processes.ts'
import { signals } from '../shell/processes.ts'
import { Collector, inputOf, Pipe } from '../shell/streams.ts'
import type { Io } from '../shell/streams.ts'
import { Terminal } from '../shell/terminal.ts'
import { attachSession } from './attach.ts'
import { commandLine } from './environment.ts'
import { execSession, exitStatus, startFailure } from './exec.ts'
import { fillTemplate } from './log-template.ts'
import { ContainerLog } from './logs.ts'
import { buildMachine, environmentOf } from './machine-builder.ts'
import type { FoundImage } from './registry.ts'
import type { ProgramDocument } from './schema.ts'
import { cpuRate, cpuSeconds, memoryBytes, networkBytes, usageModel } from './usage.ts'
import type { UsageModel } from './usage.ts'
import type { ContainerPast } from './past.ts'
import type { VolumeStore } from './volumes.ts'
import { answer } from './web.ts'

export interface ContainerHost {
  readonly api: Api
  readonly platform: Platform
  readonly network: ClusterNetwork
  readonly volumes: VolumeStore
  readonly removed: (container: SimulatedContainer) => void
  /** What a container of this id did in the cluster that this one was forked from. */
  readonly past: (id: string) => ContainerPast | undefined
}

/** What a container has used up to a moment. */
export interface UsageSnapshot {
  readonly startedAt: number
  readonly cpuSeconds: number
  readonly memoryBytes: number
  readonly receiveBytes: number
  readonly transmitBytes: number
  readonly processes: number
}

/** One container: an image's description brought to life, without running any program. */
export class SimulatedContainer implements RuntimeContainer {
  readonly id: string
  readonly config: ContainerConfig
  readonly image: FoundImage
  readonly logs: ContainerLog
  readonly machine: Machine
  readonly argv: readonly string[]
  readonly #host: ContainerHost
  readonly #env: Readonly<Record<string, string>>
  readonly #program: ProgramDocument | undefined
  readonly #model: UsageModel
  readonly #timers = new Set<() => void>()
  #state: 'created' | 'running' | 'exited' = 'created'
  #startedAt = 0
  #requests = 0
  #outOfMemory = false
  #onExit: (exit: Exit) => void = () => {}
  #detach = () => {}
  #main: Terminal | Pipe | undefined
  readonly #screens = new Set<(text: string) => void>()

  constructor(config: ContainerConfig, image: FoundImage, host: ContainerHost) {
    this.config = config
    this.image = image
    this.#host = host
    const { sha256, random, clock } = host.platform
    const hex = sha256(`${config.pod.metadata.uid ?? ''}/${config.container.name}/${config.restartCount}/${random()}`)
    this.id = config.past?.id ?? `containerd://${hex}`
    const past = config.past && host.past(config.past.id)
    // The story a container tells depends on what it is, not on the random part of its id.
    const seed = `${config.pod.metadata.namespace}/${config.pod.metadata.name}/${config.container.name}/${config.restartCount}`
    this.logs = new ContainerLog(clock, seed, () => this.fields())
    this.#env = environmentOf(config, image)
    this.argv = commandLine(config.container, image.document, this.#env)
    this.machine = buildMachine({
      config,
      image,
      host,
      console: { write: (text) => this.#print(text) },
      exhaustMemory: () => this.#runOutOfMemory(),
      memory: () => this.usage().memoryBytes,
      past,
    })
    this.#program = this.#findProgram()
    this.#model = usageModel(seed, this.#program, this.argv)
    this.#requests = past?.requests ?? 0
    this.logs.resume(past?.records ?? [])
    if (config.past?.finishedAt !== undefined) this.#recall(config.past.startedAt, config.past.finishedAt)
  }

  /** It has ended before the cluster was forked: only its log and files are left. */
  #recall(startedAt: number, finishedAt: number): void {
    this.#state = 'exited'
    this.#startedAt = startedAt
    this.logs.begin(this.#program, startedAt)
    this.logs.end(finishedAt)
  }

  /** What a fork of the cluster needs to know of it; undefined when its image and its start say everything. */
  past(): ContainerPast | undefined {
    const past = { requests: this.#requests, records: this.logs.past(), files: this.machine.files.past() }
    const nothing = past.requests === 0 && past.records.length === 0 && past.files.upper.length === 0 && past.files.removed.length === 0
    return nothing ? undefined : past
  }

  get running(): boolean {
    return this.#state === 'running'
  }

  get #cwd(): string {
    return this.config.container.workingDir ?? this.image.document.workdir
  }

  /** What templates may name. */
  fields(): Readonly<Record<string, string>> {
    const { pod, node } = this.config
    const uptime = Math.floor((this.#host.platform.clock.now() - this.#startedAt) / 1000)
    return {
      pod: pod.metadata.name ?? '',
      namespace: pod.metadata.namespace ?? '',
      node,
      ip: pod.status?.podIP ?? '',
      hostname: this.machine.hostname,
      tag: this.image.reference.tag.replace(/^v/, ''),
      uptime: String(uptime),
      requests: String(this.#requests),
    }
  }

  /** The program that the command line names; any command at all for images nobody has described. */
  #findProgram(): ProgramDocument | undefined {
    const { document } = this.image
    const base = baseOf(this.argv[0] ?? '')
    const wrapped = document.programs.find((program) => program.names.includes(base))
    if (wrapped) {
      // `docker-entrypoint.sh sh -c …` runs what it was given.
      const inner = this.argv[1] ?? ''
      const runsOther =
        /entrypoint/.test(base) &&
        inner !== '' &&
        !inner.startsWith('-') &&
        !document.programs.some((program) => program.names.includes(baseOf(inner)))
      if (!runsOther) return wrapped
    }
    return document.generic && startFailure(this.machine, this.argv[0] ?? '', '/') !== undefined ? document.programs[0] : undefined
  }

  start(onExit: (exit: Exit) => void): { readonly ok: true } | { readonly ok: false; readonly message: string } {
    const [program = ''] = this.argv
    const failed = this.#program
      ? undefined
      : this.argv.length === 0
        ? 'no command specified'
        : startFailure(this.machine, program, this.#cwd)
    if (failed !== undefined) {
      this.#state = 'exited'
      return {
        ok: false,
        message: `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${failed}`,
      }
    }
    this.#onExit = onExit
    this.#state = 'running'
    this.#startedAt = this.config.past?.startedAt ?? this.#host.platform.clock.now()
    this.logs.begin(this.#program, this.#startedAt)
    const ip = this.config.pod.status?.podIP
    if (ip) this.#detach = this.#host.network.attach(ip, { pod: this.config.pod, endpoints: () => this.endpoints() })
    if (this.#program) this.#runProgram(this.#program)
    else this.#runCommand()
    this.#watchMemory()
    return { ok: true }
  }

  #after(millis: number, callback: () => void): void {
    const cancel = this.#host.platform.clock.after(millis, () => {
      this.#timers.delete(cancel)
      callback()
    })
    this.#timers.add(cancel)
  }

  #print(text: string): void {
    this.logs.write(text)
    for (const screen of this.#screens) screen(text)
  }

  #runProgram(program: ProgramDocument): void {
    const { processes, user } = this.machine
    const names = program.processes.length > 0 ? program.processes : [this.argv.join(' ')]
    let parent: Process | undefined
    for (const name of names) {
      const process = processes.start(parent, { argv: [this.#filled(name)], user: user.name, background: true })
      parent ??= process
    }
    const missing = program.needs.find((need) => !need.env.some((name) => this.#env[name]))
    if (missing) {
      this.logs.begin(undefined)
      this.#after(120, () => {
        this.#print(`${this.#filled(missing.message).trimEnd()}\n`)
        this.#finish(missing.code)
      })
    } else if (program.ends) this.#after(Math.max(program.ends.millis - this.#age(), 0), () => this.#finish(program.ends?.code ?? 0))
  }

  /** How long it has run: 0 but for a container that began before its cluster was forked. */
  #age(): number {
    return this.#host.platform.clock.now() - this.#startedAt
  }

  #filled(template: string): string {
    return fillTemplate(template, { millis: this.#host.platform.clock.now(), seed: this.id, index: 0, fields: this.fields() })
  }

  #runCommand(): void {
    const { container } = this.config
    const terminal = container.tty && container.stdin ? new Terminal((text) => this.#print(text)) : undefined
    const input = terminal ?? (container.stdin ? new Pipe() : undefined)
    this.#main = input
    const output = terminal?.output ?? { write: (text: string) => this.#print(text) }
    const io: Io = { in: input ?? inputOf(''), out: output, err: output }
    const execution = { io, env: this.#env, cwd: this.#cwd, name: 'sh', columns: 80, rows: 24, parent: undefined }
    if (terminal) terminal.onInterrupt = () => this.machine.processes.get(1)?.signal(signals.INT)
    const code = execute(this.machine, this.argv, execution)
    code.then(
      // A process takes a moment to be collected.
      (status) => this.#after(1, () => this.#finish(status)),
      (error: unknown) => {
        this.#host.platform.report(error)
        this.#after(1, () => this.#finish(1))
      },
    )
  }

  /** Arranges for the kernel's out-of-memory killer when the model says that the limit will be passed. */
  #watchMemory(): void {
    const limit = this.machine.facts.memoryLimit
    if (limit <= 0) return
    const { memory, growthPerHour } = this.#model
    if (memory > limit) {
      const share = limit / memory
      this.#after(share <= 0.5 ? 700 : Math.min(-8000 * Math.log((1 - share) / 0.5), 60_000), () => this.#runOutOfMemory())
    } else if (growthPerHour > 0)
      this.#after(Math.min(Math.max(((limit - memory) / growthPerHour) * 3_600_000 - this.#age(), 0), 2_000_000_000), () =>
        this.#runOutOfMemory(),
      )
  }

  #runOutOfMemory(): void {
    if (this.#state !== 'running') return
    this.#outOfMemory = true
    this.signal('SIGKILL')
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#state !== 'running') return
    if (signal === 'SIGKILL') {
      this.machine.processes.killAll()
      // 128 + SIGKILL, as the shell counts it and the kubelet shows it.
      this.#finish(137)
      return
    }
    const program = this.#program
    if (!program) {
      this.machine.processes.get(1)?.signal(signals.TERM)
      return
    }
    this.#after(program.stops.millis, () => {
      for (const line of program.logs.stop) this.logs.say(line.text)
      this.#finish(program.stops.code)
    })
  }

  #finish(code: number): void {
    if (this.#state !== 'running') return
    this.#state = 'exited'
    this.#detach()
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.machine.processes.killAll()
    this.logs.end()
    const reason = this.#outOfMemory ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error'
    const message = this.#terminationMessage(code)
    const exit: Exit = { code, reason, ...(message ? { message } : {}) }
    this.#host.platform.clock.after(0, () => this.#onExit(exit))
  }

  /** https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
  #terminationMessage(code: number): string | undefined {
    const { container } = this.config
    const entry = this.machine.files.stat(container.terminationMessagePath ?? '/dev/termination-log')
    if (entry?.kind === 'file' && entry.content !== '') return entry.content.slice(0, 4096)
    if (code === 0 || container.terminationMessagePolicy !== 'FallbackToLogsOnError') return undefined
    return this.logs.read({ timestamps: false, tailLines: 80 }).slice(-2048)
  }

  /** What listens now. */
  endpoints(): readonly Endpoint[] {
    const program = this.#program
    const now = this.#host.platform.clock.now()
    if (!program || this.#state !== 'running' || now - this.#startedAt < program.starts) return []
    const name = program.names[0] ?? ''
    const listed = program.listens.map((listener): Endpoint => {
      const moved = listener.flag === undefined ? undefined : this.argv.find((arg) => arg.startsWith(`${listener.flag}=`))?.split('=')[1]
      const port = Number(moved?.split(':').at(-1) ?? listener.port)
      const { http } = listener
      return {
        port: port || listener.port,
        protocol: listener.protocol,
        program: name,
        tls: listener.tls,
        answer: http && ((request, client) => this.#answer(http, request, client)),
      }
    })
    if (!program.listensOnDeclared) return listed
    const declared = (this.config.container.ports ?? []).map((port): Endpoint => ({
      port: port.containerPort,
      protocol: port.protocol === 'UDP' ? 'UDP' : 'TCP',
      program: name,
      tls: false,
      answer: (request, client) => this.#answer(genericHttp, request, client),
    }))
    return [...listed, ...declared.filter((each) => !listed.some((other) => other.port === each.port))]
  }

  #answer(http: NonNullable<ProgramDocument['listens'][number]['http']>, request: HttpRequest, client: string): ReturnType<typeof answer> {
    this.#requests++
    const { clock } = this.#host.platform
    const answered = answer(http, request, {
      files: this.machine.files,
      now: () => clock.now(),
      fields: () => this.fields(),
      seed: this.id,
    })
    if (http.access)
      this.logs.say(http.access, {
        client,
        method: request.method,
        path: request.path,
        status: String(answered.reply.status),
        size: String(answered.reply.body.length),
        agent: request.headers['user-agent'] ?? '-',
      })
    return answered
  }

  /** @param at milliseconds since the epoch; now by default */
  usage(at = this.#host.platform.clock.now()): UsageSnapshot {
    const seconds = this.#state === 'created' ? 0 : Math.max((at - this.#startedAt) / 1000, 0)
    const perRequest = this.#program?.usage.perRequest ?? 0
    return {
      startedAt: this.#startedAt,
      cpuSeconds: 0.02 + cpuSeconds(this.#model, seconds) + (this.#requests * perRequest) / 1000,
      memoryBytes: memoryBytes(this.#model, seconds),
      receiveBytes: 1000 + this.#requests * 420 + networkBytes(this.#model, 'receive', seconds),
      transmitBytes: 800 + this.#requests * 980 + networkBytes(this.#model, 'transmit', seconds),
      processes: this.machine.processes.list().length,
    }
  }

  /** Cores in use at a moment. */
  cpuCores(at: number): number {
    return this.#state === 'running' ? cpuRate(this.#model, Math.max((at - this.#startedAt) / 1000, 0)) : 0
  }

  exec(options: ExecOptions, sink: StreamSink): StreamSession {
    const { platform } = this.#host
    const execId = platform.sha256(`${this.id}/${platform.random()}`)
    return execSession(options, sink, { machine: this.machine, env: this.#env, cwd: this.#cwd, execId, report: platform.report })
  }

  attach(options: AttachOptions, sink: StreamSink): StreamSession {
    return attachSession(options, sink, {
      input: this.#main,
      screens: this.#screens,
      logs: this.logs,
      code: () => exitStatus(0),
    })
  }

  run(
    command: readonly string[],
    timeoutMillis: number,
    done: (result: { readonly code: number; readonly output: string; readonly timedOut: boolean }) => void,
  ): void {
    const output = new Collector(10_240)
    let finished = false
    let process: Process | undefined
    const finish = (code: number, timedOut: boolean, text = output.text) => {
      if (finished) return
      finished = true
      cancel()
      done({ code, output: text, timedOut })
    }
    const cancel = this.#host.platform.clock.after(timeoutMillis, () => {
      process?.kill(signals.KILL)
      finish(-1, true)
    })
    const failed = startFailure(this.machine, command[0] ?? '', this.#cwd)
    if (failed !== undefined) {
      queueMicrotask(() => finish(127, false, `OCI runtime exec failed: exec failed: unable to start container process: ${failed}`))
      return
    }
    const execution = {
      io: { in: inputOf(''), out: output, err: output },
      env: this.#env,
      cwd: this.#cwd,
      name: 'sh',
      columns: 80,
      rows: 24,
      parent: undefined,
      started: (started: Process) => void (process = started),
    }
    execute(this.machine, command, execution).then(
      (code) => finish(code, false),
      (error: unknown) => {
        this.#host.platform.report(error)
        finish(1, false)
      },
    )
  }

  probe(request: ProbeRequest, done: (result: ProbeResult) => void): void {
    probe(this.#host.network, this.config.pod.status?.podIP ?? '', request, done, this.#host.platform.clock)
  }

  remove(): void {
    if (this.#state === 'running') this.signal('SIGKILL')
    this.machine.files.release()
    this.#host.removed(this)
  }
}

/** What a program nobody has described answers. */
const genericHttp = {
  headers: {},
  routes: [
    { path: '/', prefix: true, status: 200, type: 'text/plain; charset=utf-8', body: 'Hello from {pod}\n', headers: {}, latency: 2 },
  ],
  missing: '',
}
