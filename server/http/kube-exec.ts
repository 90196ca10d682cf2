import type { StreamSession, StreamSink, UpgradeAnswer } from '../simulator/api/http.ts'
import { bytesOf } from './web-socket.ts'
import type { WebSocket } from './web-socket.ts'
import { z } from 'zod'

/**
 * `kubectl exec` and `attach` over WebSocket: every message is binary and begins with its channel's number.
 * v5 adds channel 255, which half-closes the channel that it names.
 * Source: KEP-4006 and k8s.io/apimachinery/pkg/util/remotecommand/constants.go
 */
export const execProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

/** A client that does not read is hung up on: what waits for it may not fill this process's memory. */
const mostBuffered = 8 * 1024 * 1024

/** A program waits while more than this is unsent. */
const comfortable = 512 * 1024

const TerminalSize = z.object({ Width: z.int().min(1).max(65_535), Height: z.int().min(1).max(65_535) })

/** Begins what a client has asked for. */
export type StartExec = Extract<UpgradeAnswer, { start: unknown }>['start']

/** Runs an accepted exec or attach on `webSocket` until either end has had enough. */
export function runExec(webSocket: WebSocket, start: StartExec, report: (error: unknown) => void): void {
  let session: StreamSession | undefined
  let ended = false
  const send = (channel: number, chunk: Uint8Array) => {
    if (ended) return
    webSocket.send(Buffer.concat([Buffer.of(channel), chunk]), { binary: true }, () => {
      if (webSocket.bufferedAmount < comfortable) for (const resume of waiting.splice(0)) resume()
    })
    if (webSocket.bufferedAmount > mostBuffered) webSocket.terminate()
  }
  const waiting: (() => void)[] = []
  const sink: StreamSink = {
    lags(caughtUp) {
      if (ended || webSocket.bufferedAmount < comfortable) return false
      waiting.push(caughtUp)
      return true
    },
    stdout: (chunk) => send(channels.stdout, chunk),
    stderr: (chunk) => send(channels.stderr, chunk),
    exit(status) {
      send(channels.error, Buffer.from(JSON.stringify(status)))
      ended = true
      webSocket.close(1000)
    },
  }
  // An empty first message says that the streams are there, as the kubelet's server does.
  send(channels.stdout, new Uint8Array())
  const guard = (act: () => void) => {
    try {
      act()
    } catch (error) {
      report(error)
      webSocket.terminate()
    }
  }
  // Listening comes first: a command that ends within `start` closes the socket there.
  webSocket.on('message', (data) => guard(() => receive(bytesOf(data), session)))
  webSocket.on('close', () => {
    ended = true
    for (const resume of waiting.splice(0)) resume()
    guard(() => session?.close())
  })
  guard(() => {
    session = start(sink)
  })
}

function receive(message: Buffer, session: StreamSession | undefined): void {
  const payload = message.subarray(1)
  switch (message[0]) {
    case channels.stdin:
      if (payload.length > 0) session?.stdin(new Uint8Array(payload))
      return
    case channels.resize: {
      const size = terminalSize(payload)
      if (size) session?.resize(size.Width, size.Height)
      return
    }
    case channels.close:
      if (payload[0] === channels.stdin) session?.closeStdin()
  }
}

/** A size that a client has sent; undefined when it is none. */
export function terminalSize(payload: Buffer): z.infer<typeof TerminalSize> | undefined {
  try {
    return TerminalSize.safeParse(JSON.parse(payload.toString())).data
  } catch {
    return undefined
  }
}
