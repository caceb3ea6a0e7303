import type { ReactNode } from 'react'
import { classNames } from '../class-names.ts'
import { grounds, strokes, type Series } from './series.ts'

/** The names of a chart's series; pressing one shows it alone, pressing it again shows all. Without `onIsolate`, only names. */
export function Legend(props: {
  series: readonly Pick<Series, 'key' | 'name' | 'colour' | 'kind'>[]
  /** Lines are drawn as dashes, segments as squares. */
  shape: 'line' | 'square'
  isolated?: string
  onIsolate?: (key: string | undefined) => void
}): ReactNode {
  const { isolated, onIsolate } = props
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-meta">
      {props.series.map((one) => {
        const content = (
          <>
            <Swatch colour={one.colour} shape={one.kind === 'before' ? 'dashed' : props.shape} />
            {one.name}
          </>
        )
        const pale = isolated !== undefined && isolated !== one.key
        return (
          <li key={one.key} className="flex">
            {onIsolate && one.kind !== 'before' ? (
              <button
                type="button"
                aria-pressed={isolated === one.key}
                onClick={() => onIsolate(isolated === one.key ? undefined : one.key)}
                className={classNames(
                  'inline-flex min-h-[24px] items-center gap-[6px] rounded-xs hover:underline',
                  pale ? 'text-ink-3' : 'text-ink',
                )}
              >
                {content}
              </button>
            ) : (
              <span className="inline-flex min-h-[24px] items-center gap-[6px] text-ink-2">{content}</span>
            )}
          </li>
        )
      })}
    </ul>
  )
}

/** The colour of a series beside its name; the period before is dashed. */
export function Swatch(props: { colour: Series['colour']; shape: 'line' | 'square' | 'dashed' }): ReactNode {
  const { colour, shape } = props
  if (shape === 'dashed') {
    return (
      <svg width="11" height="2" aria-hidden="true" className={classNames('inline-block shrink-0', strokes[colour])}>
        <line x1="0" x2="11" y1="1" y2="1" strokeWidth="1.500" strokeDasharray="3 1" />
      </svg>
    )
  }
  return (
    <span
      aria-hidden="true"
      className={classNames(
        'shrink-0',
        shape === 'square' ? 'size-[8px] rounded-[2px]' : 'h-[2px] w-[11px] rounded-full',
        shape === 'line' && colour === 'other' ? 'bg-chart-other' : grounds[colour],
      )}
    />
  )
}
