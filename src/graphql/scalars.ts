import { builder } from './builder.ts'
import { DateScalar, DateTimeScalar } from './scalar-types.ts'

builder.addScalarType('Date', DateScalar)
builder.addScalarType('DateTime', DateTimeScalar)
