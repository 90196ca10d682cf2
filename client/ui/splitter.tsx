import { useRef } from 'preact/hooks'
import { boundedShare } from './share.ts'

interface Splitting {
  readonly label: string
  /** Which way the two parts lie. */
  readonly across: 'row' | 'column'
  /** The first part's share of the whole, in per cent. */
  readonly share: number
  readonly onShare: (share: number) => void
}

const KEY_STEP = 2

/** The bar between two parts: dragged with a pointer, moved with arrow keys, reset with a double click. */
export function Splitter({ label, across, share, onShare }: Splitting) {
  const bar = useRef<HTMLDivElement>(null)
  const drag = (event: PointerEvent): void => {
    const whole = bar.current?.parentElement?.getBoundingClientRect()
    if (!whole || !bar.current?.hasPointerCapture(event.pointerId)) return
    const at = across === 'row' ? (event.clientX - whole.left) / whole.width : (event.clientY - whole.top) / whole.height
    onShare(boundedShare(at * 100))
  }
  const key = (event: KeyboardEvent): void => {
    const towards = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key]
    if (towards === undefined) return
    event.preventDefault()
    event.stopPropagation()
    onShare(boundedShare(share + towards * KEY_STEP))
  }
  return (
    <div
      ref={bar}
      class={`splitter ${across}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={across === 'row' ? 'vertical' : 'horizontal'}
      aria-valuenow={Math.round(share)}
      aria-valuemin={20}
      aria-valuemax={80}
      onPointerDown={(event) => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={drag}
      onKeyDown={key}
      onDblClick={() => onShare(62)}
    />
  )
}
