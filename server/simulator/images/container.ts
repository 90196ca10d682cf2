import type { StreamSession, StreamSink } from '../api/http.ts'
import type { Api } from '../api/door.ts'
import type { AttachOptions, ContainerConfig, ExecOptions, Exit, ProbeRequest, ProbeResult, RuntimeContainer } from '../kubelet/runtime.ts'
import type { Event, Pod } from '../resources/kinds.ts'
import type { ClusterNetwork, Endpoint } from '../network/network.ts'
import type { HttpRequest } from '../network/view.ts'
import { probe } from '../network/probe.ts'
import type { Family } from '../metrics/exposition.ts'
import { pushedPast, pushesOf } from '../metrics/pushed.ts'
import type { Pushes } from '../metrics/pushed.ts'
import type { Platform } from '../platform.ts'
import { execute } from '../shell/execute.ts'
import { FileError } from '../shell/files.ts'
import type { Machine } from '../shell/machine.ts'
import type { Process } from '../shell/processes.ts'
import { signals } from '../shell/processes.ts'
import { inputOf, Pipe } from '../shell/streams.ts'
import type { Io } from '../shell/streams.ts'
import { Terminal } from '../shell/terminal-device.ts'
import { attachSession } from './attach.ts'
import { commandLine, givenFields } from './environment.ts'
import { execSession, exitStatus, startFailure } from './exec.ts'
import { runHook } from './hook-command.ts'
import { appMetrics } from './app-metrics.ts'
import { ContainerProgram } from './container-program.ts'
import { faultLines } from './fault-lines.ts'
import { flowLines } from './flow-lines.ts'
import { Ledger } from './ledger.ts'
import type { Count } from './ledger.ts'
import type { Load, LoadParty } from './load.ts'
import { loadAt } from './rhythm.ts'
import { fileStatus } from './web.ts'
import type { Decided } from './web.ts'
import { fillTemplate } from './log-template.ts'
import { ContainerLog } from './logs.ts'
import { buildMachine, environmentOf, quantityNumber } from './machine-builder.ts'
import { programOf } from './program-choice.ts'
import type { FoundImage } from './registry.ts'
import type { BuiltInPage, ProgramDocument, ServedProgram } from './schema.ts'
import { endpointsOf, listening } from './serving.ts'
import { Speaker, versionIn } from './speaking.ts'
import { cpuRate, cpuSeconds, memoryBytes, networkBytes, usageModel } from './usage.ts'
import type { ContainerPast, ProbeCount } from './past.ts'
import type { VolumeStore } from './volumes.ts'

export interface ContainerHost {
  readonly api: Api
  readonly platform: Platform
  readonly network: ClusterNetwork
  readonly load: Load
  readonly volumes: VolumeStore
  readonly removed: (container: SimulatedContainer) => void
  /** It has ended, with what it had used. */
  readonly ended: (container: SimulatedContainer, usage: UsageSnapshot) => void
  readonly containersOn: (node: string) => readonly SimulatedContainer[]
  /** A metrics page that the simulator itself makes for a program. */
  readonly page: (page: BuiltInPage, container: SimulatedContainer) => readonly Family[]
  /** What a program that the simulator plays itself answers: Prometheus, Alertmanager. */
  readonly serve: (program: ServedProgram, container: SimulatedContainer, request: HttpRequest) => Decided | Promise<Decided>
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
  /** Requests that it has served. */
  readonly requests: number
  /** How long its CPU limit has held it back. */
  readonly throttledSeconds: number
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
  readonly #own: ContainerProgram
  #uncrash = () => {}
  readonly #model: ReturnType<typeof usageModel>
  readonly #timers = new Set<() => void>()
  #state: 'created' | 'running' | 'exited' = 'created'
  #startedAt = 0
  #leave = () => {}
  /** Its main process. */
  #first: Process | undefined
  readonly #ledger: Ledger
  /** What has been pushed to it, if it is a Pushgateway. */
  readonly pushes: Pushes = new Map()
  /** Routes that a request has turned to another status. */
  readonly #turned = new Map<string, number>()
  readonly #highest = new Map<string, number>()
  readonly #probed = new Map<string, ProbeCount>()
  /** `env:NAME` and `arg:--flag`, for templates. */
  readonly #given: Readonly<Record<string, string>>
  readonly #speaker: Speaker
  #memoryTimer = () => {}
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
    this.#speaker = new Speaker(clock, versionIn(image.document.env), () => this.#saveData())
    this.argv = commandLine(config.container, image.document, this.#env)
    this.#given = givenFields(this.#env, this.argv)
    this.machine = buildMachine({
      config,
      image,
      host,
      console: { write: (text) => this.#print(text) },
      exhaustMemory: () => this.#runOutOfMemory(),
      usedMemory: () => this.#checkMemory(),
      program: {
        mistake: () => this.mistake(),
        signal: (name) => this.#first?.signal(signals[name]),
      },
      memory: () => this.usage().memoryBytes,
      cgroup: () => {
        const { cpuSeconds: used, throttledSeconds } = this.usage()
        return { cpuLimit: this.#coresLimit, cpuSeconds: used, throttledSeconds }
      },
      past,
    })
    this.#own = new ContainerProgram(programOf(image.document, this.argv, this.machine), this.#env, config.pod, {
      files: this.machine.files,
      argv: this.argv,
      resolves: (name) => this.#resolves(name),
    })
    this.#model = usageModel(seed, this.#program, this.argv, this.#coresLimit)
    this.#ledger = new Ledger(past?.ledger)
    this.logs.resume(past?.records ?? [], past?.flows)
    for (const [key, group] of pushesOf(past?.pushes ?? [])) this.pushes.set(key, group)
    for (const [kind, count] of past?.probes ?? []) this.#probed.set(kind, count)
    if (past?.redis) this.#speaker.resume(past.redis)
    if (config.past?.finishedAt !== undefined) this.#recall(config.past.startedAt, config.past.finishedAt)
  }

  get #program(): ProgramDocument | undefined {
    return this.#own.current
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
    const ledger = this.#ledger.past(this.#host.platform.clock.now())
    const files = this.machine.files.past()
    const records = this.logs.past()
    const flows = this.logs.flowed()
    const redis = this.#speaker.past()
    const more = {
      ...(flows.length > 0 && { flows }),
      ...(this.#probed.size > 0 && { probes: [...this.#probed] }),
      ...(this.pushes.size > 0 && { pushes: pushedPast(this.pushes) }),
      ...(redis && { redis }),
    }
    const nothing = ledger === undefined && records.length === 0 && files.upper.length === 0 && files.removed.length === 0
    return nothing && Object.keys(more).length === 0 ? undefined : { ledger, records, files, ...more }
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
      ...this.#given,
      requests: String(this.#ledger.served(this.#host.platform.clock.now())),
    }
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
    if (ip) this.#joinLoad(ip)
    if (this.#program) this.#crashLater()
    this.nodesChanged()
    return { ok: true }
  }

  /** Cores that its limit grants; Infinity without one. */
  get #coresLimit(): number {
    return quantityNumber(this.config.container.resources?.limits?.['cpu']) || Infinity
  }

  #joinLoad(ip: string): void {
    const program = this.#program
    if (!program) return
    const { container, pod } = this.config
    const limit = this.#coresLimit
    const ready = () => this.#state === 'running' && this.#age() >= program.starts
    this.#leave = this.#host.load.join({
      ip,
      namespace: pod.metadata.namespace ?? 'default',
      program,
      ledger: this.#ledger,
      cores: Math.min(limit, this.machine.facts.cpus),
      idleCores: this.#model.wantedCores,
      tracing: this.#tracing(program),
      limited: Number.isFinite(limit),
      ready,
      httpAt: (port) => listening(program, container, this.argv).find((each) => each.port === port)?.http,
      fileStatus: (http, path) => fileStatus(http, this.machine.files, path),
      flowing: (flow) => {
        this.logs.flow(flowLines(program, flow))
        this.#watchMemory()
      },
    })
    if (!ready()) this.#after(program.starts - this.#age(), () => this.#host.load.changed())
  }

  /** Programs are instrumented when they are told where their spans go, as OpenTelemetry's libraries are. */
  #tracing({ names }: ProgramDocument): LoadParty['tracing'] {
    const endpoint = this.#env['OTEL_EXPORTER_OTLP_ENDPOINT']
    if (!endpoint || this.#env['OTEL_SDK_DISABLED'] === 'true') return undefined
    return { endpoint, service: this.#env['OTEL_SERVICE_NAME'] ?? names[0] ?? 'unknown_service', pod: this.config.pod.metadata.name ?? '' }
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
    if (!this.config.past) this.#loadData()
    const { processes, user } = this.machine
    const names = program.processes.length > 0 ? program.processes : [this.argv.join(' ')]
    const [first = '', ...workers] = names
    const parent = processes.start(undefined, { argv: [this.#filled(first)], user: user.name, background: true, env: this.#env })
    this.#first = parent
    if (parent) parent.onKilled = (signal) => this.#finish(128 + signal)
    for (const name of workers) this.#keepWorker(parent, name)
    for (const line of this.#own.says) this.logs.say(line)
    parent?.traps.set(signals.HUP, () => (program.config ? this.reload() : this.#finish(128 + signals.HUP)))
    for (const signal of [signals.TERM, signals.INT, signals.QUIT]) parent?.traps.set(signal, () => this.signal('SIGTERM'))
    const missing =
      this.#own.broken ??
      program.needs.find(
        ({ env, file }) => (env && !env.some((name) => this.#env[name])) || (file !== undefined && !this.machine.files.stat(file)),
      )
    if (missing) {
      this.logs.begin(undefined)
      this.#after(120, () => {
        this.#print(`${this.#filled(missing.message).trimEnd()}\n`)
        this.#finish(missing.code)
      })
    } else if (program.ends) this.#after(Math.max(program.ends.millis - this.#age(), 0), () => this.#finish(program.ends?.code ?? 0))
  }

  /** A process that the first one starts again when somebody ends it. */
  #keepWorker(parent: Process | undefined, name: string): void {
    const { processes, user } = this.machine
    const worker = processes.start(parent, { argv: [this.#filled(name)], user: user.name, background: true, env: this.#env })
    if (!worker) return
    worker.onKilled = () => {
      processes.end(worker)
      if (this.#state === 'running') this.#after(20, () => this.#keepWorker(parent, name))
    }
  }

  /** Something else is wrong with the nodes than before, which some programs write about. */
  nodesChanged(): void {
    const program = this.#program
    if (!program || program.logs.faults.length === 0 || this.#state !== 'running') return
    this.logs.flow(faultLines(program, this.#host.api.list('Node'), this.config.node), 'faults')
  }

  /** Something has happened in the cluster that its program writes about. */
  tell(event: Event): void {
    const component = event.source?.component ?? event.reportingComponent
    const lines = (this.#program?.logs.events ?? []).filter(
      ({ from, reason }) => from === component && (reason ?? event.reason) === event.reason,
    )
    if (this.#state !== 'running' || lines.length === 0) return
    const { kind = '', namespace, name = '' } = event.involvedObject
    const fields = {
      object: namespace === undefined ? name : `${namespace}/${name}`,
      kind,
      type: event.type ?? '',
      reason: event.reason ?? '',
      message: event.message ?? '',
    }
    for (const { text } of lines) this.logs.say(text, fields)
  }

  #resolves(host: string): boolean {
    const { status, metadata } = this.config.pod
    return status?.podIP === undefined || 'ip' in this.#host.network.resolve(status.podIP, metadata.namespace ?? 'default', host)
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
    const execution = {
      io,
      env: this.#env,
      cwd: this.#cwd,
      columns: 80,
      rows: 24,
      parent: undefined,
      started: (process: Process) => void (this.#first = process),
    }
    if (terminal) terminal.onInterrupt = () => this.#first?.signal(signals.INT)
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
    this.#memoryTimer()
    const { memory, growthPerHour } = this.#model
    const { clock } = this.#host.platform
    if (memory > limit) {
      const share = limit / memory
      this.#after(share <= 0.5 ? 700 : Math.min(-8000 * Math.log((1 - share) / 0.5), 60_000), () => this.#runOutOfMemory())
      return
    }
    const perSecond = growthPerHour / 3600 + this.#ledger.current.leakBytes
    if (perSecond <= 0) return
    const left = limit - memory - (growthPerHour * this.#age()) / 3_600_000 - this.#ledger.leaked(clock.now())
    const millis = Math.min(Math.max((left / perSecond) * 1000, 0), 2_000_000_000)
    const cancel = clock.after(millis, () => this.#runOutOfMemory())
    this.#memoryTimer = cancel
    this.#timers.add(cancel)
  }

  /** It has written to memory: that may be more than its limit. */
  #checkMemory(): void {
    const limit = this.machine.facts.memoryLimit
    if (limit > 0 && this.usage().memoryBytes > limit) this.#runOutOfMemory()
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
      this.#first?.signal(signals.TERM)
      return
    }
    this.#after(program.stops.millis, () => {
      this.#saveData()
      for (const line of program.logs.stop) this.logs.say(line.text)
      this.#finish(program.stops.code)
    })
  }

  /** Where a Redis server keeps what it saves. */
  get #dataFile(): string | undefined {
    if (!this.#program?.listens.some(({ speaks }) => speaks === 'redis')) return undefined
    return `${this.#given['arg:--dir'] ?? this.image.document.workdir}/dump.rdb`
  }

  #loadData(): void {
    const file = this.#dataFile
    if (file !== undefined && this.machine.files.stat(file)?.kind === 'file') this.#speaker.load(this.machine.files.read(file))
  }

  /** Writes down what its server holds; a disk that is full or read-only keeps it from that. */
  #saveData(): void {
    const file = this.#dataFile
    const data = this.#speaker.dump()
    if (file === undefined || data === undefined) return
    try {
      this.machine.files.write(file, data)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      this.logs.say(`1:M {redis} # Failed opening the temp RDB file temp-1.rdb for saving: ${error.message}`)
    }
  }

  #finish(code: number): void {
    if (this.#state !== 'running') return
    if (this.#given['arg:--appendonly'] === 'yes') this.#saveData()
    this.#host.ended(this, this.usage())
    this.#state = 'exited'
    this.#leave()
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
    return endpointsOf({
      program,
      container: this.config.container,
      argv: this.argv,
      files: this.machine.files,
      logs: this.logs,
      network: this.machine.network,
      ledger: this.#ledger,
      clock: this.#host.platform.clock,
      random: this.#host.platform.random,
      fields: () => this.fields(),
      seed: this.id,
      startedAt: this.#startedAt,
      speaker: this.#speaker,
      traces: this.#host.load.traces(this.config.pod.status?.podIP ?? '', this.#startedAt),
      metrics: (page) => this.metricsPage(page),
      serve: (what, request) => this.#host.serve(what, this, request),
      reload: () => this.reload(),
      end: (code) => this.#finish(code),
      env: this.#env,
      turned: this.#turned,
      faults: this.#own.faults,
      pushes: this.pushes,
    })
  }

  /** Its configuration file as it was when it began, or was told to read it again. */
  get configuration(): string | undefined {
    return this.#own.configuration
  }

  /** The files that its configuration includes, by their paths, as they were then. */
  get included(): ReadonlyMap<string, string> {
    return this.#own.included
  }

  /** What is wrong with its program on purpose may have changed. */
  podChanged(pod: Pod): void {
    if (!this.#own.podChanged(pod) || this.#state !== 'running') return
    this.#rejoin()
    this.#crashLater()
  }

  /** The load finds its program as it is now. */
  #rejoin(): void {
    const ip = this.config.pod.status?.podIP
    this.#leave()
    if (ip) this.#joinLoad(ip)
  }

  #crashLater(): void {
    const { crash } = this.#own.faults
    this.#uncrash()
    if (crash === undefined) return
    const cancel = this.#host.platform.clock.after(Math.max(crash - this.#age(), 1000), () => {
      this.logs.say('{time} fatal: ended on purpose')
      this.#finish(2)
    })
    this.#timers.add(cancel)
    this.#uncrash = cancel
  }

  /** What is wrong with its configuration file as it is now, in the program's words. */
  mistake(): string | undefined {
    const message = this.#own.mistake()
    return message === undefined ? undefined : this.#filled(message).trimEnd()
  }

  /** Reads its configuration file again; with a wrong one it goes on as it was, and says so. */
  reload(): void {
    const wrong = this.#own.reload()
    if (wrong !== undefined) this.#print(`${this.#filled(wrong).trimEnd().split('\n')[0]}\n`)
    else if (this.#state === 'running') this.#rejoin()
  }

  /** The program's own metrics, in Prometheus' text format; empty when its image describes none. @param page what the simulator adds */
  metricsPage(page?: BuiltInPage): string {
    const at = this.#host.platform.clock.now()
    const { cpuSeconds: cpu, memoryBytes: memory, startedAt } = this.usage(at)
    const sources = { at, startedAt, seed: this.id, fields: this.fields(), counts: this.traffic(at), cpuSeconds: cpu, memoryBytes: memory }
    return appMetrics(this.#program?.metrics ?? [], sources, page === undefined ? [] : this.#host.page(page, this))
  }

  /**
   * Every request served and call made so far, by route and outcome, single ones and the steady load together.
   * Nothing in it goes down as long as the container runs. @param at milliseconds since the epoch, not in the past
   */
  traffic(at = this.#host.platform.clock.now()): readonly Count[] {
    return this.#ledger.counts(at)
  }

  /** @param at milliseconds since the epoch; now by default */
  usage(at = this.#host.platform.clock.now()): UsageSnapshot {
    const seconds = this.#state === 'created' ? 0 : Math.max((at - this.#startedAt) / 1000, 0)
    const ledger = this.#ledger
    const counts = ledger.counts(at)
    const requests = counts.reduce((sum, each) => sum + (each.what === 'served' ? each.count : 0), 0)
    const calls = counts.reduce((sum, each) => sum + (each.what === 'called' ? each.count : 0), 0)
    const { wantedCores } = this.#model
    // What its own wish alone would take from a limit; the load's share is in the ledger.
    const starved = wantedCores > this.#coresLimit ? seconds * (1 - this.#coresLimit / wantedCores) : 0
    return {
      startedAt: this.#startedAt,
      cpuSeconds: 0.02 + cpuSeconds(this.#model, seconds) + ledger.cpuSeconds(at),
      memoryBytes: memoryBytes(this.#model, seconds) + Math.round(ledger.leaked(at) / 4096) * 4096 + this.machine.files.inMemory,
      receiveBytes: 1000 + requests * 420 + calls * 980 + networkBytes(this.#model, 'receive', seconds),
      transmitBytes: 800 + requests * 980 + calls * 420 + networkBytes(this.#model, 'transmit', seconds),
      processes: this.machine.processes.own().length,
      requests,
      throttledSeconds: starved + ledger.throttledSeconds(at),
    }
  }

  /** Cores in use at a moment. */
  cpuCores(at: number): number {
    if (this.#state !== 'running') return 0
    return cpuRate(this.#model, Math.max((at - this.#startedAt) / 1000, 0)) + (this.#ledger.current.cpuMillis / 1000) * loadAt(at)
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
    runHook(command, timeoutMillis, { machine: this.machine, env: this.#env, cwd: this.#cwd, platform: this.#host.platform }, done)
  }

  probe(request: ProbeRequest, done: (result: ProbeResult) => void): void {
    probe(this.#host.network, this.config.pod.status?.podIP ?? '', request, done, this.#host.platform.clock)
  }

  /** The highest value so far of something that a counter follows. */
  high(name: string, value: number): number {
    const most = Math.max(this.#highest.get(name) ?? 0, value)
    this.#highest.set(name, most)
    return most
  }

  /** A probe of it has ended. */
  noteProbe(kind: string, ok: boolean): void {
    const { successful, failed } = this.probed(kind)
    this.#probed.set(kind, { successful: successful + Number(ok), failed: failed + Number(!ok) })
  }

  /** How its probes of a kind have ended since it began. */
  probed(kind: string): ProbeCount {
    return this.#probed.get(kind) ?? { successful: 0, failed: 0 }
  }

  get diskBytes(): number {
    return this.machine.files.written
  }

  remove(): void {
    if (this.#state === 'running') this.signal('SIGKILL')
    this.machine.files.release()
    this.#host.removed(this)
  }
}
