import type { ReactNode } from 'react'

const [width, height, inset] = [72, 20, 1.5]

/** The course of a number without axes; red with a tinted ground only when it is failing. Decoration beside the number. */
export function Sparkline(props: { values: readonly number[]; failing?: boolean }): ReactNode {
  const { values } = props
  if (values.length < 2) return <span className="text-meta text-ink-3">no data</span>
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const points = values.map((value, at) => {
    const x = (at / (values.length - 1)) * width
    const y = high === low ? height / 2 : height - inset - ((value - low) / (high - low)) * (height - inset * 2)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      fill="none"
      aria-hidden="true"
      className={props.failing ? 'text-danger' : 'text-ink-3'}
    >
      {props.failing && (
        <polygon points={`0,${height} ${points.join(' ')} ${width},${height}`} fill="currentColor" opacity=".14" />
      )}
      <polyline points={points.join(' ')} stroke="currentColor" strokeWidth="1.300" strokeLinejoin="round" />
    </svg>
  )
}
