import type { ReactNode } from 'react'
import { Bone } from '../../ui/bone.tsx'
import { WithRail } from '../../ui/section.tsx'
import { chartKeys } from './overview-charts.ts'

const lines = ['top', 'middle', 'base']
const parts = [3, 3, 4]

/** An Overview while it is awaited: four charts and the rail where they will be. */
export function OverviewSkeleton(): ReactNode {
  return (
    <WithRail label="Loading" rail={<RailSkeleton />}>
      <div className="@container border-b border-line">
        <div className="grid @min-[720px]:grid-cols-2">
          {chartKeys.map((key) => (
            <div
              key={key}
              className="flex h-[276px] flex-col justify-between border-line px-6 pt-[22px] pb-[44px] not-first:border-t @min-[720px]:nth-2:border-t-0 @min-[720px]:odd:border-e phone:px-4"
            >
              <div className="flex flex-col gap-4">
                <Bone width={76} height={12} />
                <Bone width={132} height={18} />
              </div>
              {lines.map((line) => (
                <Bone key={line} width="100%" height={1} />
              ))}
            </div>
          ))}
        </div>
      </div>
    </WithRail>
  )
}

function RailSkeleton(): ReactNode {
  return (
    <>
      {parts.map((rows, part) => (
        <div key={part} className="flex flex-col gap-4 border-b border-line px-6 py-[22px] last:border-b-0 phone:px-4">
          <Bone width={96} height={12} />
          {Array.from({ length: rows }, (_, row) => (
            <div key={row} className="flex justify-between">
              <Bone width={64 + ((row * 29) % 40)} />
              <Bone width={72} />
            </div>
          ))}
        </div>
      ))}
    </>
  )
}
