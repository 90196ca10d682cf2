import type { StreamSession, StreamSink } from '../api/http.ts'
import type { AttachOptions } from '../kubelet/runtime.ts'
import type { Pipe } from '../shell/streams.ts'
import { Terminal } from '../shell/terminal-device.ts'
import type { ContainerLog } from './logs.ts'

const encoder = new TextEncoder()

/** Narrower is a client that does not know its size yet. */
const narrowest = 8

export interface AttachContext {
  /** The main process's input, if the container has one. */
  readonly input: Terminal | Pipe | undefined
  /** Everything the main process prints goes to these too. */
  readonly screens: Set<(text: string) => void>
  readonly logs: ContainerLog
  readonly code: () => object
}

/** Joins a client to a container's main process. */
export function attachSession(options: AttachOptions, sink: StreamSink, context: AttachContext): StreamSession {
  const { input, screens, logs } = context
  let open = true
  const show = (text: string) => void (open && sink.stdout(encoder.encode(text)))
  // With an input, what is typed and printed shows as it is made; without, whole lines from the log do, computed ones too.
  if (input) screens.add(show)
  let stop = () => {}
  const close = () => {
    open = false
    screens.delete(show)
    stop()
  }
  const ended = () => {
    if (open) sink.exit(context.code())
    close()
  }
  stop = logs.follow({ timestamps: false, tailLines: 0 }, (text) => (input ? undefined : show(text)), ended)
  const decoder = new TextDecoder()
  return {
    stdin(chunk) {
      const text = decoder.decode(chunk, { stream: true })
      if (input instanceof Terminal) input.feed(text)
      else if (options.stdin) input?.write(text)
    },
    closeStdin() {
      if (input instanceof Terminal) input.hangUp()
      else if (options.stdin) input?.end()
    },
    resize(columns, rows) {
      if (!(input instanceof Terminal) || columns < narrowest || rows < 1) return
      input.resize(columns, rows)
    },
    close,
  }
}
