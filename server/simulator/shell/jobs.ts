import type { Dialect } from './dialect.ts'
import type { Process } from './processes.ts'

export interface Job {
  readonly id: number
  readonly pid: number
  readonly text: string
  state: 'Running' | 'Stopped' | 'Done'
  status: number
  readonly done: Promise<number>
  readonly processes: readonly Process[]
}

/** What a shell has put in the background. */
export class Jobs {
  readonly #jobs: Job[] = []

  add(pid: number, text: string, processes: readonly Process[], done: Promise<number>, state: Job['state'] = 'Running'): Job {
    const id = (this.#jobs.at(-1)?.id ?? 0) + 1
    const job: Job = { id, pid, text, state, status: 0, done, processes }
    this.#jobs.push(job)
    const ended = (status: number) => {
      job.state = 'Done'
      job.status = status
    }
    done.then(ended, () => ended(1))
    return job
  }

  list(): readonly Job[] {
    return this.#jobs
  }

  remove(job: Job): void {
    const at = this.#jobs.indexOf(job)
    if (at >= 0) this.#jobs.splice(at, 1)
  }

  /** `%1`, `%+`, `%-`, `%sleep`, a process id; without one, the current job. */
  find(spec = '%+'): Job | undefined {
    const name = spec.replace(/^%/, '')
    if (spec.startsWith('%')) {
      if (name === '' || name === '+' || name === '%') return this.#jobs.at(-1)
      if (name === '-') return this.#jobs.at(-2) ?? this.#jobs.at(-1)
      if (/^\d+$/.test(name)) return this.#jobs.find((job) => job.id === Number(name))
      return this.#jobs.findLast((job) => job.text.startsWith(name))
    }
    return this.#jobs.find((job) => job.pid === Number(spec)) ?? this.#jobs.find((job) => job.id === Number(spec))
  }

  /** Those that have ended, no longer kept. */
  takeDone(): readonly Job[] {
    const done = this.#jobs.filter((job) => job.state === 'Done')
    for (const job of done) this.remove(job)
    return done
  }

  /** `[1]+  Done                    sleep 5` */
  line(job: Job, dialect: Dialect, withId = false): string {
    const mark = job === this.#jobs.at(-1) ? '+' : job === this.#jobs.at(-2) ? '-' : ' '
    const state = job.state === 'Done' && job.status !== 0 ? ended(job.status) : job.state
    const id = withId ? `${job.pid} ` : ''
    const tail = job.state === 'Running' && dialect === 'bash' ? ' &' : ''
    const head = `[${job.id}]${mark}  ${id}`
    return dialect === 'bash' ? `${head}${state.padEnd(24)}${job.text}${tail}` : `${(head + state).padEnd(33)}${job.text}`
  }
}

const signalWords: Record<number, string> = {
  1: 'Hangup',
  2: 'Interrupt',
  3: 'Quit',
  9: 'Killed',
  13: 'Broken pipe',
  14: 'Alarm clock',
  15: 'Terminated',
}

/** What a shell says of a status: a signal's name, or the number. */
function ended(status: number): string {
  return signalWords[status - 128] ?? (status > 128 ? `Signal ${status - 128}` : `Exit ${status}`)
}

/** What a shell prints when a command that it waited for was killed; nothing for Ctrl-C and broken pipes. */
export function deathWords(status: number): string | undefined {
  return status === 130 || status === 141 || status <= 128 ? undefined : signalWords[status - 128]
}
