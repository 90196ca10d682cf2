import { readdirSync, readFileSync } from 'node:fs'

/** Shells that end together (a workshop that closes) are swept together: a look at every process takes milliseconds. */
const GATHER_MILLIS = 10

let gathering: { readonly sessions: Set<number>; readonly done: Promise<void> } | undefined

/**
 * Ends what a terminal's session leader has left behind. bubblewrap's `--die-with-parent` has a gap: killed while it sets
 * up, it leaves the init of its process namespace, which ignores a hangup and would stay for ever.
 * A session's number is not given away while anything of it lives. Linux only; elsewhere shells are not confined.
 */
export function endSession(session: number): Promise<void> {
  if (process.platform !== 'linux') return Promise.resolve()
  gathering ??= { sessions: new Set(), done: new Promise((resolve) => setTimeout(() => resolve(sweep()), GATHER_MILLIS)) }
  gathering.sessions.add(session)
  return gathering.done
}

function sweep(): void {
  const sessions = gathering?.sessions
  gathering = undefined
  if (!sessions) return
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const session = sessionOf(name)
    if (session !== undefined && sessions.has(session)) kill(Number(name))
  }
}

/** The sixth field of proc_pid_stat(5); the second, the name, may itself hold spaces and parentheses. */
function sessionOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
  } catch {
    return undefined
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended in the meantime.
  }
}
