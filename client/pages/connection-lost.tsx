import { useEffect, useState } from 'preact/hooks'
import type { ReadonlySignal } from '@preact/signals'
import type { Connection } from '../net/socket.ts'

/** A blink of the network is nobody's business; this long is. */
const PATIENCE_MILLIS = 400

/** Says so while the page is cut off, and that it is coming back by itself. */
export function ConnectionLost({ connection }: { connection: ReadonlySignal<Connection> }) {
  const lost = connection.value === 'reconnecting'
  const [shown, setShown] = useState(false)
  useEffect(() => {
    if (!lost) return setShown(false)
    const timer = setTimeout(() => setShown(true), PATIENCE_MILLIS)
    return () => clearTimeout(timer)
  }, [lost])
  if (!shown) return null
  return (
    <div class="connection-lost" role="status">
      <span class="pulse" aria-hidden="true" /> Reconnecting
    </div>
  )
}
