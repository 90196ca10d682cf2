import { rfc3339 } from '../../kernel/clock.ts'
import { nameOf, namespaceOf, uidOf } from '../controllers/objects.ts'
import type { Container, ContainerState, ContainerStatus, Pod } from '../resources/kinds.ts'
import { hookFailure, runHook } from './hooks.ts'
import type { HookEnd } from './hooks.ts'
import { ImagePull } from './image-pull.ts'
import { goDuration } from './images.ts'
import type { Fetched } from './images.ts'
import { runProbe } from './probes.ts'
import type { ProbeKind } from './probes.ts'
import type { ContainerConfig, Exit, LogSource, RuntimeContainer } from './runtime.ts'
import type { ContainerFacts } from './status.ts'

/** What a container needs from its pod and its node. */
export interface ContainerHost {
  readonly pod: () => Pod
  readonly now: () => number
  /** Calls back later, unless the pod has gone by then. @returns cancels it */
  readonly wait: (millis: number, then: () => void) => () => void
  /** Everything happens at once and probes count as passed: while a cluster is being made. */
  readonly instant: () => boolean
  readonly probing: () => boolean
  /** One of the cluster's own containers: a probe that has passed is not repeated, so that an idle cluster sleeps. */
  readonly quiet: () => boolean
  /** It has to end before the pod's own containers start. */
  readonly initial: (container: Container) => boolean
  /** It is started again when it ends with this exit code. */
  readonly restarts: (container: Container, code: number) => boolean
  readonly say: (type: 'Normal' | 'Warning', reason: string, message: string, container: Container) => void
  readonly fetch: (image: string, policy: string, pulling: () => void, done: (fetched: Fetched) => void) => void
  readonly create: (
    container: Container,
    restartCount: number,
    past?: ContainerConfig['past'],
  ) => { readonly ok: true; readonly made: RuntimeContainer } | { readonly ok: false; readonly message: string }
  /** Something about the container has changed. */
  readonly changed: () => void
  readonly clock: Parameters<typeof runProbe>[0]
}

/** A crashed container waits this long before its second restart; twice as long each time after that. */
const firstBackOffMillis = 10_000
const lastBackOffMillis = 300_000
/** A container that ran this long starts over with the shortest back-off. */
const forgiveMillis = 600_000
/** How long it takes the kubelet to notice an exit, and runc to start a process. */
const noticeMillis = 700
const createMillis = 120
/** SIGTERM has at least this long to work. */
const leastGraceMillis = 2000
const startMillis = 150

/** One container of one pod: pulls, starts, watches, restarts and stops it. */
export class ContainerWorker {
  readonly container: Container
  readonly #host: ContainerHost
  readonly #image: ImagePull
  #state: ContainerState = {}
  #last: ContainerState = {}
  #restarts = 0
  #ready = false
  #started = false
  #imageId = ''
  #id: string | undefined
  #startedAt = 0
  #backOff = 0
  #busy = false
  #stopping = false
  #ends: (() => void)[] = []
  #runs = 0
  /** What was to be seen of it before its postStart hook began. */
  #hooked: ContainerFacts | undefined
  /** How that hook failed. */
  #hookFailure: string | undefined
  current: RuntimeContainer | undefined
  previous: RuntimeContainer | undefined

  constructor(container: Container, host: ContainerHost) {
    this.container = container
    this.#host = host
    this.#image = new ImagePull(container, {
      now: host.now,
      later: (millis, then) => this.#later(millis, then),
      stopped: () => this.#stopping,
      say: (type, reason, message) => host.say(type, reason, message, container),
      fetch: host.fetch,
      waits: (reason, message) => this.#wait(reason, message),
      hopeless: (reason, message) => {
        this.#busy = false
        this.#wait(reason, message)
      },
    })
  }

  facts(waiting: ContainerState): ContainerFacts {
    // While its postStart hook runs, the kubelet has not come to look at it again.
    if (this.#hooked) return { ...this.#hooked, state: orElse(this.#hooked.state, waiting) }
    return {
      state: orElse(this.#state, waiting),
      lastState: this.#last,
      restartCount: this.#restarts,
      ready: this.#ready,
      started: this.#started,
      imageId: this.#imageId,
      containerId: this.#id,
    }
  }

  get running(): boolean {
    return this.#state.running !== undefined
  }
  get exited(): number | undefined {
    return this.#state.terminated?.exitCode
  }
  get begun(): boolean {
    return (
      this.#busy ||
      this.running ||
      this.#runs > 0 ||
      this.#state.waiting?.reason === 'CreateContainerConfigError' ||
      this.#state.waiting?.reason === 'ErrImageNeverPull' ||
      this.#state.waiting?.reason === 'InvalidImageName'
    )
  }

  /** Begins, if it has not begun yet. */
  begin(): void {
    if (!this.#busy && !this.running && !this.#stopping) this.#pull()
  }

  /** Takes over a container as its status tells it, from the cluster that this one was forked from. One that never ran begins anew. */
  adopt(status: ContainerStatus): void {
    const { state = {}, lastState = {}, restartCount } = status
    const ended = lastState.terminated
    const now = state.running ?? state.terminated ?? ended
    if (!now) return
    const waits = !state.running && !state.terminated
    const id = state.terminated?.containerID ?? (waits ? ended?.containerID : status.containerID) ?? ''
    const made = this.#recall(id, now, restartCount)
    if (!made) return
    this.current = made
    if (!waits && ended) this.previous = this.#recall(ended.containerID ?? '', ended, restartCount - 1)
    this.#state = state
    this.#last = lastState
    this.#restarts = restartCount
    this.#runs = restartCount + 1
    this.#imageId = status.imageID
    this.#id = status.containerID
    this.#ready = status.ready
    this.#started = status.started ?? false
    this.#startedAt = Date.parse(now.startedAt ?? '')
    this.#backOff = restartCount === 0 ? 0 : Math.min(firstBackOffMillis * 2 ** (restartCount - 1), lastBackOffMillis)
    if (state.running) {
      made.start((exit) => this.#exit(made, exit))
      if (this.#host.probing()) this.#probe(made)
    } else if (waits) {
      this.#busy = true
      const wait = Date.parse(ended?.finishedAt ?? '') + this.#backOff - this.#host.now()
      this.#backOff = Math.min(this.#backOff * 2, lastBackOffMillis)
      this.#later(Math.max(wait, 0), () => this.#pull())
    }
  }

  #recall(id: string, ran: { readonly startedAt?: string; readonly finishedAt?: string }, count: number): RuntimeContainer | undefined {
    const finished = ran.finishedAt === undefined ? {} : { finishedAt: Date.parse(ran.finishedAt) }
    const outcome = this.#host.create(this.container, count, { id, startedAt: Date.parse(ran.startedAt ?? ''), ...finished })
    return outcome.ok ? outcome.made : undefined
  }

  /** Starts anew after an exit, at once or after the back-off. */
  restart(): void {
    if (this.#busy || this.running || this.#stopping) return
    this.#busy = true
    const wait = this.#backOff
    const finished = this.#host.now()
    this.#backOff = wait === 0 ? firstBackOffMillis : Math.min(wait * 2, lastBackOffMillis)
    this.#later(this.#host.instant() ? 0 : noticeMillis, () => {
      if (wait === 0) {
        this.#busy = false
        this.#pull()
        return
      }
      const { pod } = this.#host
      const where = `${this.container.name} in pod ${nameOf(pod())}_${namespaceOf(pod())}(${uidOf(pod())})`
      this.#host.say('Warning', 'BackOff', `Back-off restarting failed container ${where}`, this.container)
      // During the shortest back-off the last exit itself stays in view.
      if (wait > firstBackOffMillis || !this.#state.terminated) {
        const pair = `pod=${nameOf(pod())}_${namespaceOf(pod())}(${uidOf(pod())})`
        this.#wait('CrashLoopBackOff', `back-off ${goDuration(wait)} restarting failed container=${this.container.name} ${pair}`)
      }
      this.#later(Math.max(finished + wait - this.#host.now(), 0), () => {
        this.#busy = false
        this.#pull()
      })
    })
  }

  /** Ends it: SIGTERM now, SIGKILL after the grace period. */
  stop(graceMillis: number, why: string | undefined): void {
    const first = !this.#stopping
    this.#stopping = true
    this.#stopProbes()
    if (!this.running) {
      this.#busy = false
      this.#host.changed()
      return
    }
    if (first) this.#host.say('Normal', 'Killing', why ?? `Stopping container ${this.container.name}`, this.container)
    this.#kill(graceMillis)
  }

  /** It gets other resources, and its `resizePolicy` says that it has to begin anew with them. */
  restartForResize(): void {
    if (!this.running || this.#stopping) return
    this.#stopProbes()
    this.#host.say('Normal', 'Killing', `Container ${this.container.name} resize requires restart`, this.container)
    this.#kill((this.#host.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000)
  }

  /** Removes what is left of it. */
  remove(): void {
    this.#stopping = true
    this.#stopProbes()
    for (const end of this.#ends) end()
    this.#ends = []
    this.current?.remove()
    this.previous?.remove()
  }

  get previousLogs(): LogSource | undefined {
    return this.previous?.logs
  }

  #later(millis: number, then: () => void): void {
    const cancel = this.#host.wait(millis, () => {
      this.#ends = this.#ends.filter((end) => end !== cancel)
      if (!this.#stopping) then()
    })
    this.#ends.push(cancel)
  }

  #wait(reason: string, message?: string): void {
    if (this.#state.terminated) this.#last = { terminated: this.#state.terminated }
    this.#state = { waiting: { reason, ...(message === undefined ? {} : { message }) } }
    this.#host.changed()
  }

  #pull(): void {
    this.#busy = true
    this.#image.get((imageId) => {
      this.#imageId = imageId
      this.#later(createMillis, () => this.#create())
    })
  }

  #create(): void {
    const count = this.#runs === 0 ? 0 : this.#restarts + 1
    const outcome = this.#host.create(this.container, count)
    if (!outcome.ok) {
      this.#host.say('Warning', 'Failed', `Error: ${outcome.message}`, this.container)
      this.#wait('CreateContainerConfigError', outcome.message)
      // Its ConfigMap or Secret may come: `retryConfig` looks again then.
      this.#busy = false
      return
    }
    this.#restarts = count
    this.#runs++
    this.previous?.remove()
    this.previous = this.current
    this.current = outcome.made
    this.#id = outcome.made.id
    this.#host.say('Normal', 'Created', 'Container created', this.container)
    this.#later(startMillis, () => this.#start(outcome.made))
  }

  /** Tries again a container whose ConfigMap or Secret was missing. */
  retryConfig(): void {
    if (!this.#busy && !this.#stopping && this.#state.waiting?.reason === 'CreateContainerConfigError') this.#pull()
  }

  #start(made: RuntimeContainer): void {
    this.#startedAt = this.#host.now()
    const result = made.start((exit) => this.#exit(made, exit))
    this.#busy = false
    if (!result.ok) {
      this.#host.say('Warning', 'Failed', `Error: ${result.message}`, this.container)
      const epoch = rfc3339(0)
      const terminated = {
        exitCode: 128,
        reason: 'StartError',
        message: result.message,
        startedAt: epoch,
        finishedAt: rfc3339(this.#host.now()),
        containerID: made.id,
      }
      this.#state = { terminated }
      this.#wait('RunContainerError', result.message)
      return
    }
    const before = this.facts({})
    if (this.#state.terminated) this.#last = { terminated: this.#state.terminated }
    this.#state = { running: { startedAt: rfc3339(this.#startedAt) } }
    this.#host.say('Normal', 'Started', 'Container started', this.container)
    const probed = this.#host.probing()
    this.#started = !probed || this.container.startupProbe === undefined || this.#host.instant()
    this.#ready = !probed || this.#host.instant() || (this.#started && this.container.readinessProbe === undefined)
    if (this.#host.instant() && this.#host.initial(this.container)) {
      this.#exit(made, { code: 0, reason: 'Completed' })
      return
    }
    this.#afterStart(made, before, () => {
      if (probed) this.#probe(made)
      this.#host.changed()
    })
  }

  /** Could not be started, and should be tried again after a while. */
  get unstartable(): boolean {
    const reason = this.#state.waiting?.reason
    return !this.#busy && (reason === 'RunContainerError' || reason === 'PostStartHookError')
  }

  /** Runs the postStart hook: until it has ended the container counts as one that is being made. */
  #afterStart(made: RuntimeContainer, before: ContainerFacts, then: () => void): void {
    const hook = this.container.lifecycle?.postStart
    if (!hook || this.#host.instant()) return then()
    this.#hooked = before
    this.#hookFailure = undefined
    const wait = (millis: number, then: () => void): void => void this.#ends.push(this.#host.wait(millis, then))
    runHook(hook, this.container, made, 60_000, wait, (end) => {
      if (this.current !== made) return
      this.#hooked = undefined
      if (end.ok || !this.running) return then()
      this.#hookFailure = hookFailure(hook, this.container, this.#host.pod(), end)
      this.#host.say('Warning', 'FailedPostStartHook', 'PostStartHook failed', this.container)
      this.#host.say('Normal', 'Killing', 'FailedPostStartHook', this.container)
      this.#kill((this.#host.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000)
    })
  }

  #probe(made: RuntimeContainer): void {
    const { livenessProbe, readinessProbe, startupProbe } = this.container
    const report = {
      failed: (kind: ProbeKind, message: string): void =>
        this.#host.say('Warning', 'Unhealthy', `${kind} probe failed: ${message}`, this.container),
      settled: (kind: ProbeKind, healthy: boolean): void => this.#hearProbe(kind, healthy, made),
    }
    const run = (kind: ProbeKind, probe: typeof livenessProbe): void => {
      if (probe)
        this.#probes.push(
          runProbe(this.#host.clock, kind, probe, this.container, made, report, { late: this.#host.instant(), quiet: this.#host.quiet() }),
        )
    }
    if (this.#started) {
      run('Readiness', readinessProbe)
      run('Liveness', livenessProbe)
    } else run('Startup', startupProbe)
  }

  #probes: (() => void)[] = []
  #stopProbes(): void {
    for (const stop of this.#probes) stop()
    this.#probes = []
  }

  #hearProbe(kind: ProbeKind, healthy: boolean, made: RuntimeContainer): void {
    if (this.current !== made || !this.running) return
    if (kind === 'Readiness') this.#ready = healthy
    else if (kind === 'Startup' && healthy) {
      this.#started = true
      this.#ready = this.container.readinessProbe === undefined
      this.#stopProbes()
      this.#probe(made)
    } else if (!healthy) {
      this.#stopProbes()
      this.#host.say(
        'Normal',
        'Killing',
        `Container ${this.container.name} failed ${kind.toLowerCase()} probe, will be restarted`,
        this.container,
      )
      const probe = kind === 'Startup' ? this.container.startupProbe : this.container.livenessProbe
      this.#kill((probe?.terminationGracePeriodSeconds ?? this.#host.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000)
    }
    this.#host.changed()
  }

  #kill(graceMillis: number): void {
    const made = this.current
    if (!made) return
    const asked = this.#host.now()
    const terminate = (): void => {
      if (this.current !== made || !this.running) return
      made.signal(graceMillis > 0 ? 'SIGTERM' : 'SIGKILL')
      if (graceMillis <= 0) return
      // What the hook took is gone from the grace period, but for a last moment.
      const left = Math.max(asked + graceMillis - this.#host.now(), leastGraceMillis)
      this.#ends.push(this.#host.wait(left, () => this.running && this.current === made && made.signal('SIGKILL')))
    }
    const hook = this.container.lifecycle?.preStop
    if (graceMillis <= 0 || !hook) {
      terminate()
      return
    }
    let over = false
    const once = (end: HookEnd): void => {
      if (over) return
      over = true
      if (!end.ok) this.#host.say('Warning', 'FailedPreStopHook', 'PreStopHook failed', this.container)
      terminate()
    }
    const wait = (millis: number, then: () => void): void => void this.#ends.push(this.#host.wait(millis, then))
    wait(graceMillis, () => once({ ok: true }))
    runHook(hook, this.container, made, graceMillis, wait, once)
  }

  #exit(made: RuntimeContainer, exit: Exit): void {
    if (this.current !== made || !this.running) return
    this.#stopProbes()
    const now = this.#host.now()
    const startedAt = rfc3339(this.#startedAt)
    if (now - this.#startedAt >= forgiveMillis) this.#backOff = 0
    this.#state = {
      terminated: {
        exitCode: exit.code,
        ...(exit.signal === undefined ? {} : { signal: exit.signal }),
        reason: exit.reason,
        ...(exit.message ? { message: exit.message } : {}),
        startedAt,
        finishedAt: rfc3339(now),
        containerID: made.id,
      },
    }
    this.#ready = false
    this.#started = false
    this.#hooked = undefined
    const failure = this.#hookFailure
    this.#hookFailure = undefined
    if (failure !== undefined && !this.#stopping && this.#host.restarts(this.container, exit.code)) {
      this.#last = this.#state
      this.#state = { waiting: { reason: 'PostStartHookError', message: failure } }
    }
    this.#host.changed()
  }
}

const orElse = (state: ContainerState, waiting: ContainerState): ContainerState => (Object.keys(state).length > 0 ? state : waiting)
