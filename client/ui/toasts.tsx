import { signal } from '@preact/signals'
import { Icon } from './icons.tsx'

interface Toast {
  readonly id: number
  readonly say: string
}

const toasts = signal<readonly Toast[]>([])
let last = 0

/** How long a sentence stays: long enough to be read twice. */
const readingMillis = (say: string): number => 4000 + say.length * 60

/** Tells the person something in a corner of the page. The same words are not shown twice at once. */
export function tell(say: string): void {
  if (toasts.value.some((toast) => toast.say === say)) return
  const id = ++last
  toasts.value = [...toasts.value, { id, say }].slice(-3)
  setTimeout(() => dismiss(id), readingMillis(say))
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div class="toast" key={toast.id}>
          <span>{toast.say}</span>
          <button type="button" class="button bare" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  )
}
