import { readFileSync } from 'node:fs'
import { type Deckhand, startDeckhand } from '../deckhand.ts'

const KEYS = 50

/** One attendee's connection, as their page makes it. */
class Attendee {
  readonly #socket: WebSocket
  readonly #waiting = new Set<(message: Message) => void>()

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message
      for (const take of [...this.#waiting]) take(message)
    })
  }

  static async join(deckhand: Deckhand, name: string): Promise<Attendee> {
    const address = new URL(deckhand.join)
    const body = JSON.stringify({ name, code: address.hash.slice(1) })
    const headers = { 'content-type': 'application/json', 'origin': address.origin }
    const answer = await fetch(new URL('/api/join', address), { method: 'POST', headers, body })
    if (!answer.ok) throw new Error(`${name} could not join: ${await answer.text()}`)
    const cookie = answer.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ')
    // Node's WebSocket takes headers, which a browser's does not; the types know the browser's only.
    const options: unknown = { headers: { cookie, origin: address.origin } }
    const attendee = new Attendee(new WebSocket(`ws://${address.host}/socket?page=attendee`, options as string[]))
    await attendee.until((message) => message.type === 'welcome')
    return attendee
  }

  say(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  until(isIt: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => {
      const take = (message: Message): void => {
        if (message.type === 'terminal.output' && message.terminal)
          this.say({ type: 'terminal.ack', terminal: message.terminal, offset: end(message) })
        if (!isIt(message)) return
        this.#waiting.delete(take)
        resolve(message)
      }
      this.#waiting.add(take)
    })
  }

  /** Opens a terminal and waits until its prompt is there. @returns its id */
  async openTerminal(): Promise<string> {
    let terminal = ''
    const opened = this.until((message) => {
      const event = message.events?.map((each) => each.event).find((each) => each.type === 'terminal.opened')
      terminal = event?.terminal ?? ''
      return terminal !== ''
    })
    this.say({ type: 'terminal.open', columns: 100, rows: 30 })
    await opened
    const prompt = this.until((message) => message.type === 'terminal.output' && /[$#] /.test(message.data ?? ''))
    this.say({ type: 'terminal.attach', terminal, offset: 0 })
    await prompt
    return terminal
  }

  close(): void {
    this.#socket.close()
  }
}

interface Message {
  readonly type: string
  readonly terminal?: string
  readonly offset?: number
  readonly data?: string
  readonly events?: readonly { readonly event: { readonly type: string; readonly terminal?: string } }[]
}

const end = (message: Message): number => (message.offset ?? 0) + (message.data ?? '').length

/** Starts the server, fills the room, and says what people would feel. */
export async function measureRoom(attendeeCount: number): Promise<void> {
  const deckhand = await measured('start to ready', () => startDeckhand())
  print('server memory, empty room', `${residentMegabytes(deckhand.pid)} MB`)
  const attendees: Attendee[] = []
  try {
    const times: number[] = []
    let last = { terminal: '', attendee: undefined as Attendee | undefined }
    for (let number = 1; number <= attendeeCount; number++) {
      const started = performance.now()
      const attendee = await Attendee.join(deckhand, `Attendee ${number}`)
      attendees.push(attendee)
      last = { attendee, terminal: await attendee.openTerminal() }
      times.push(performance.now() - started)
    }
    print('join to prompt', spread(times))
    if (last.attendee) print('key press to echo', spread(await echoes(last.attendee, last.terminal)))
    print(`server memory, ${attendeeCount} attendees`, `${residentMegabytes(deckhand.pid)} MB`)
  } finally {
    for (const attendee of attendees) attendee.close()
    await measured('Ctrl-C to gone', () => deckhand.stop())
    await deckhand.forget()
  }
}

async function echoes(attendee: Attendee, terminal: string): Promise<number[]> {
  const times: number[] = []
  for (let key = 0; key < KEYS; key++) {
    const started = performance.now()
    const echo = attendee.until((message) => message.type === 'terminal.output' && (message.data ?? '').includes('x'))
    attendee.say({ type: 'terminal.input', terminal, data: 'x' })
    await echo
    times.push(performance.now() - started)
  }
  return times
}

async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  print(what, `${Math.round(performance.now() - started)} ms`)
  return result
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
  return `${at(0.5)} ms median, ${at(0.95)} ms for nineteen in twenty`
}

/** What the kernel holds for a process; Linux only. */
function residentMegabytes(pid: number): string {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes ? String(Math.round(Number(kilobytes) / 1024)) : 'unknown'
  } catch {
    return 'unknown'
  }
}

function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(32)}${figure}\n`)
}
