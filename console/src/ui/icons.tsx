import type { ReactNode } from 'react'

const shapes = {
  eye: (
    <>
      <path d="M1.6 8S4 3.6 8 3.6 14.4 8 14.4 8 12 12.4 8 12.4 1.6 8 1.6 8Z" />
      <circle cx="8" cy="8" r="2" />
    </>
  ),
  'eye-off': (
    <>
      <path d="M6.6 3.8A6 6 0 0 1 8 3.6c4 0 6.4 4.4 6.4 4.4a11 11 0 0 1-1.7 2.2M4.3 4.9A11 11 0 0 0 1.6 8S4 12.4 8 12.4a6 6 0 0 0 3.4-1.1" />
      <path d="M6.6 6.6a2 2 0 0 0 2.8 2.8M2.4 2.4l11.2 11.2" />
    </>
  ),
  failure: (
    <>
      <circle cx="8" cy="8" r="6.4" />
      <path d="M8 4.8v3.7M8 11v.1" />
    </>
  ),
  attention: <path d="M8 2.3 14.6 13.6H1.4L8 2.3ZM8 6.6v3.2M8 11.8v.1" />,
  wait: (
    <>
      <circle cx="8" cy="8" r="6.4" />
      <path d="M8 4.4V8l2.4 1.6" />
    </>
  ),
  offline: (
    <>
      <path d="M5.4 5.1a3.9 3.9 0 0 0-1 .1A3.4 3.4 0 0 0 4.8 12h6.9M7 3.6a4 4 0 0 1 4.5 3 2.8 2.8 0 0 1 2.3 4.3" />
      <path d="M2.2 2.2l11.6 11.6" />
    </>
  ),
  check: <path d="M3 8.6l3.2 3.2L13 4.6" />,
  copy: (
    <>
      <rect x="5.6" y="5.6" width="8" height="8" rx="1.6" />
      <path d="M10.4 5.4V4a1.6 1.6 0 0 0-1.6-1.6H4A1.6 1.6 0 0 0 2.4 4v4.8A1.6 1.6 0 0 0 4 10.4h1.4" />
    </>
  ),
  again: <path d="M2.6 2.8v3.4H6M2.9 6.1A5.6 5.6 0 1 1 2.4 9" />,
  account: (
    <>
      <circle cx="8" cy="5.4" r="2.8" />
      <path d="M2.6 13.8c.5-2.6 2.6-4 5.4-4s4.9 1.4 5.4 4" />
    </>
  ),
  document: (
    <>
      <path d="M9.2 1.800H4.600A1.4 1.4 0 0 0 3.2 3.200v9.600a1.4 1.4 0 0 0 1.4 1.400h6.800a1.4 1.4 0 0 0 1.4-1.400V5.400z" />
      <path d="M9.2 1.800v3.600h3.600M5.8 8.600h4.400M5.8 11.200h3" />
    </>
  ),
  leave: (
    <path d="M6 2.400H3.800A1.4 1.4 0 0 0 2.4 3.800v8.400a1.4 1.4 0 0 0 1.4 1.400H6M10.6 11 13.6 8l-3-3M13.4 8H6" />
  ),
  outward: <path d="M6 3.600h6.400V10M12.2 3.8 3.8 12.2" />,
} satisfies Record<string, ReactNode>

/** The drawings there are. */
export type IconName = keyof typeof shapes

/** A 16 px line drawing in the text's colour; decoration only, so words must stand beside it. */
export function Icon(props: { name: IconName; className?: string }): ReactNode {
  return (
    <svg
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={props.className ?? 'shrink-0'}
    >
      {shapes[props.name]}
    </svg>
  )
}
