import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A dialog over the page: Escape and a click beside it close it, and the keyboard goes back where it was. */
export function Sheet(parts: { label: string; class: string; onClose: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => box.current?.showModal(), [])
  return (
    <dialog
      ref={box}
      class={`sheet ${parts.class}`}
      aria-label={parts.label}
      onClose={parts.onClose}
      onClick={(event) => {
        if (event.target === box.current) box.current?.close()
      }}
    >
      <div class="sheet-inside">{parts.children}</div>
    </dialog>
  )
}
