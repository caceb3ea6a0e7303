import type { ReactNode } from 'react'
import { Bone } from '../../ui/bone.tsx'

/** The steps, a form and a test, before it is known what they hold. */
export function OnboardingSkeleton(): ReactNode {
  return (
    <>
      <div className="flex h-[60px] items-center gap-3 border-b border-line px-6 phone:px-4">
        <Bone width={110} height={12} />
        <Bone width={90} height={10} />
      </div>
      <div className="grid desk:grid-cols-[216px_minmax(0,1fr)]">
        <div className="flex flex-col gap-6 border-e border-line px-[22px] py-8 phone:hidden">
          {[0, 1, 2, 3, 4, 5].map((step) => (
            <div key={step} className="flex items-center gap-3">
              <div className="bone size-[22px] rounded-sm!" />
              <div className="flex flex-col gap-[6px]">
                <Bone width={72} height={9} />
                <Bone width={100} height={7} />
              </div>
            </div>
          ))}
        </div>
        <div className="flex max-w-[560px] flex-col gap-5 px-8 py-8 phone:px-4">
          <Bone width={160} height={14} />
          <Bone width={340} />
          <Bone width="100%" height={34} />
          <Bone width="100%" height={34} />
        </div>
      </div>
    </>
  )
}
