import { signal, type ReadonlySignal } from '@preact/signals'
import type { ClientMessage } from '../../server/protocol/client-message.ts'
import { ServerMessage, type Page } from '../../server/protocol/server-message.ts'
import { retryDelay } from './retry-delay.ts'

export type Connection = 'connecting' | 'open' | 'reconnecting'

interface Listening {
  readonly page: Page
  /** The last event this page has: the server goes on after it. */
  readonly after: () => number
  readonly onMessage: (message: ServerMessage) => void
  /** A message that is not in the protocol: this page and the server differ in version. */
  readonly onNonsense: (cause: unknown) => void
  /** Called before a new attempt after a failed one, to find out whether this browser is still welcome. */
  readonly onRefused: () => void
}

/** The one connection of a page. It comes back by itself, within two seconds of the network's return. */
export class SessionSocket {
  readonly #listening: Listening
  readonly #connection = signal<Connection>('connecting')
  #socket: WebSocket | undefined
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(listening: Listening) {
    this.#listening = listening
    addEventListener('online', this.#retryNow)
    addEventListener('offline', this.#lost)
    this.#connect()
  }

  get connection(): ReadonlySignal<Connection> {
    return this.#connection
  }

  /** @returns whether it went out; what was not sent is lost, and whoever sent it asks again after the next welcome. */
  send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  close(): void {
    this.#closed = true
    removeEventListener('online', this.#retryNow)
    removeEventListener('offline', this.#lost)
    clearTimeout(this.#timer)
    this.#socket?.close()
  }

  readonly #retryNow = (): void => {
    if (this.#connection.value === 'open' || this.#closed) return
    this.#failures = 0
    this.#connect()
  }

  /** A socket whose network is gone says nothing for minutes. On loopback this costs one reconnection. */
  readonly #lost = (): void => {
    if (this.#closed) return
    this.#connection.value = 'reconnecting'
    this.#retryLater()
  }

  #retryLater(): void {
    const former = this.#socket
    this.#socket = undefined
    former?.close()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), retryDelay(this.#failures++))
  }

  #connect(): void {
    clearTimeout(this.#timer)
    const former = this.#socket
    this.#socket = undefined
    former?.close()
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const { page, after } = this.#listening
    const socket = new WebSocket(`${scheme}://${location.host}/socket?page=${page}&after=${after()}`)
    this.#socket = socket
    let opened = false
    socket.addEventListener('message', ({ data }) => {
      if (socket !== this.#socket) return
      opened = true
      this.#failures = 0
      this.#connection.value = 'open'
      this.#receive(data)
    })
    socket.addEventListener('close', () => {
      if (socket !== this.#socket || this.#closed) return
      this.#connection.value = 'reconnecting'
      if (!opened) this.#listening.onRefused()
      this.#retryLater()
    })
  }

  #receive(data: unknown): void {
    let message: ServerMessage
    try {
      message = ServerMessage.parse(JSON.parse(String(data)))
    } catch (cause) {
      this.#listening.onNonsense(cause)
      return
    }
    this.#listening.onMessage(message)
  }
}
