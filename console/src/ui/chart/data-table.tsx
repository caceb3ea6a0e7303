import { memo, type ReactNode } from 'react'
import type { ChartProps } from './series.ts'

/** A chart's values in a table, for readers. It is the larger part of a chart, so it follows once the page has come to rest. */
export const DataTable = memo(function DataTable(
  props: Pick<ChartProps, 'name' | 'points' | 'series' | 'format'>,
): ReactNode {
  return (
    <div className="sr-only">
      <table>
        <caption>{props.name}</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            {props.series.map((one) => (
              <th key={one.key} scope="col">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.points.map((point, at) => (
            <tr key={point.key}>
              <th scope="row">{point.label}</th>
              {props.series.map((one) => {
                const value = one.values[at]
                return <td key={one.key}>{value === null || value === undefined ? 'no data' : props.format(value)}</td>
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
})
