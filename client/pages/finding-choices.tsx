import type { SlideFinding } from '../slides/finding.tsx'

/** What the keys do, for who has none at hand. */
export function FindingChoices({ finding }: { finding: SlideFinding }) {
  const choices = [
    ['Contents and search', '/', finding.find],
    ['All slides', 'o', finding.overview],
    ['Keys', '?', finding.help],
  ] as const
  return (
    <div class="menu-choices">
      {choices.map(([label, key, open]) => (
        <button
          key={key}
          type="button"
          class="button"
          aria-keyshortcuts={key}
          onClick={(event) => {
            event.currentTarget.closest('details')?.removeAttribute('open')
            open()
          }}
        >
          {label} <kbd aria-hidden="true">{key}</kbd>
        </button>
      ))}
    </div>
  )
}
