/** Our own icons: one line weight, 20 × 20, coloured by the text around them. */
const paths = {
  run: 'M6 4.500v11l9-5.500z',
  stop: 'M5.500 5.500h9v9h-9z',
  copy: 'M7.500 7.500h8.500v8.500H7.500zM4 12.500V4h8.500',
  done: 'M4 10.500l4 4 8-9',
  failed: 'M5 5l10 10M15 5L5 15',
  plus: 'M10 4v12M4 10h12',
  search: 'M9 4a5 5 0 1 0 0 10a5 5 0 0 0 0-10zM12.700 12.700L16.500 16.500',
  paste: 'M7 4.500H5v12h10v-12h-2M7.500 3.500h5v3h-5z',
  close: 'M5.500 5.500l9 9M14.500 5.500l-9 9',
  back: 'M12.500 4.500L7 10l5.500 5.500',
  next: 'M7.500 4.500L13 10l-5.500 5.500',
  menu: 'M4 6h12M4 10h12M4 14h12',
  theme: 'M10 3.500a6.500 6.500 0 1 0 0 13zM10 3.500a6.500 6.500 0 0 1 0 13',
  play: 'M6 4.500v11l9-5.500z',
  pause: 'M7 5v10M13 5v10',
  edit: 'M4 16l.8-3.300L13 4.500l2.500 2.500-8.200 8.200z',
  undo: 'M8 5L4.500 8.500L8 12M4.500 8.500H12a3.500 3.500 0 0 1 0 7H9',
  side: 'M3.500 4.500h13v11h-13zM11 4.500v11',
  full: 'M3.500 4.500h13v11h-13zM6 8l2.500 2L6 12M10 12.500h3.500',
  hidden: 'M3.500 4.500h13v11h-13z',
  up: 'M4.500 12.500L10 7l5.500 5.500',
  down: 'M4.500 7.500L10 13l5.500-5.500',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, size = 20 }: { name: IconName; size?: number | string }) {
  const filled = name === 'run' || name === 'play' || name === 'stop'
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path
        d={paths[name]}
        fill={filled ? 'currentColor' : 'none'}
        stroke="currentColor"
        stroke-width="1.75"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  )
}
