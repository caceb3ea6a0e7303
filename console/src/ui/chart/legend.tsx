import type { ReactNode } from 'react'
import { classNames } from '../class-names.ts'
import { grounds, type Series } from './series.ts'

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
            <Swatch colour={one.colour} shape={props.shape} />
            {one.name}
          </>
        )
        const pale = isolated !== undefined && isolated !== one.key
        return (
          <li key={one.key}>
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

/** The colour of a series beside its name. */
export function Swatch(props: { colour: Series['colour']; shape: 'line' | 'square' }): ReactNode {
  return (
    <span
      aria-hidden="true"
      className={classNames(
        'shrink-0',
        props.shape === 'square' ? 'size-[8px] rounded-[2px]' : 'h-[2px] w-[11px] rounded-full',
        props.shape === 'line' && props.colour === 'other' ? 'bg-chart-other' : grounds[props.colour],
      )}
    />
  )
}
