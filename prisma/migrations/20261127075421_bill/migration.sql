-- CreateEnum
CREATE TYPE "BillStatus" AS ENUM ('DUE', 'MISSING', 'EMPTY', 'DONE');

-- CreateEnum
CREATE TYPE "BillRowKind" AS ENUM ('PAYMENT', 'REFUND', 'OTHER');

-- CreateEnum
CREATE TYPE "BillDifferenceClass" AS ENUM ('ONLY_WECHAT', 'ONLY_HERE', 'AMOUNT', 'STATE', 'FEE');

-- CreateEnum
CREATE TYPE "BillDifferenceOutcome" AS ENUM ('DECIDE', 'SETTLED', 'ADOPTED', 'RECORDED', 'LISTED_LATER', 'RESOLVED');

-- CreateTable
CREATE TABLE "bill_day" (
    "billOn" DATE NOT NULL,
    "status" "BillStatus" NOT NULL DEFAULT 'DUE',
    "tradeSha1" TEXT,
    "rowsDone" INTEGER NOT NULL DEFAULT 0,
    "note" TEXT,
    "nextTryAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "claimedBy" TEXT,
    "claimedUntil" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "doneAt" TIMESTAMPTZ(3),

    CONSTRAINT "bill_day_pkey" PRIMARY KEY ("billOn")
);

-- CreateTable
CREATE TABLE "bill_row" (
    "billOn" DATE NOT NULL,
    "kind" "BillRowKind" NOT NULL,
    "number" TEXT NOT NULL,
    "outTradeNo" TEXT NOT NULL,
    "outRefundNo" TEXT NOT NULL DEFAULT '',
    "tradedAt" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "settled" BIGINT NOT NULL,
    "fee" DECIMAL(14,3) NOT NULL,
    "booked" BIGINT,

    CONSTRAINT "bill_row_pkey" PRIMARY KEY ("billOn","kind","number")
);

-- CreateTable
CREATE TABLE "bill_difference" (
    "billOn" DATE NOT NULL,
    "kind" "BillRowKind" NOT NULL,
    "number" TEXT NOT NULL,
    "class" "BillDifferenceClass" NOT NULL,
    "outTradeNo" TEXT NOT NULL,
    "outRefundNo" TEXT NOT NULL DEFAULT '',
    "atWechat" TEXT NOT NULL DEFAULT '',
    "here" TEXT NOT NULL DEFAULT '',
    "outcome" "BillDifferenceOutcome" NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "bill_difference_pkey" PRIMARY KEY ("billOn","kind","number","class")
);

-- What is still to do: few rows among all that ever were.
CREATE INDEX "bill_day_due" ON "bill_day" ("nextTryAt") WHERE "status" IN ('DUE', 'MISSING');
CREATE INDEX "bill_difference_open" ON "bill_difference" ("billOn") WHERE "outcome" = 'DECIDE';
