-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "HomestayPricing" AS ENUM ('NIGHT', 'PERSON_NIGHT');

-- CreateEnum
CREATE TYPE "OrderTradeState" AS ENUM ('WAIT_PAY', 'CANCELLED', 'WAIT_USE', 'USED', 'REFUNDING', 'REFUNDED', 'EXPIRED');

-- CreateEnum
CREATE TYPE "PayMode" AS ENUM ('WECHAT_PAY');

-- CreateEnum
CREATE TYPE "PayStatus" AS ENUM ('PENDING', 'SUCCESS', 'CLOSED', 'REFUNDING', 'REFUNDED');

-- CreateEnum
CREATE TYPE "EventSource" AS ENUM ('WX_PAY', 'NOTICE', 'QUERY', 'CLOSE', 'REFUND', 'BILL', 'OPERATOR');

-- CreateEnum
CREATE TYPE "RefundStatus" AS ENUM ('REQUESTED', 'PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL');

-- CreateEnum
CREATE TYPE "RefundCause" AS ENUM ('GUEST', 'UNKEPT', 'OPERATOR', 'BY_HAND');

-- CreateEnum
CREATE TYPE "MessageKind" AS ENUM ('ORDER_PAID', 'CHECK_IN', 'REFUNDED');

-- CreateEnum
CREATE TYPE "MessageStatus" AS ENUM ('PENDING', 'SENT', 'DROPPED');

-- CreateTable
CREATE TABLE "user" (
    "id" TEXT NOT NULL,
    "nickname" TEXT NOT NULL,
    "phoneNumber" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "wechat_identity" (
    "appid" TEXT NOT NULL,
    "openid" TEXT NOT NULL,
    "unionid" TEXT,
    "userId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "wechat_identity_pkey" PRIMARY KEY ("appid","openid")
);

-- CreateTable
CREATE TABLE "session" (
    "id" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "homestay_business" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "info" TEXT NOT NULL,
    "hostUserId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "homestay_business_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "homestay" (
    "id" TEXT NOT NULL,
    "businessId" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "subTitle" TEXT NOT NULL,
    "cover" TEXT NOT NULL,
    "info" TEXT NOT NULL,
    "peopleNum" INTEGER NOT NULL,
    "pricedBy" "HomestayPricing" NOT NULL,
    "homestayPrice" INTEGER NOT NULL,
    "marketHomestayPrice" INTEGER NOT NULL,
    "foodInfo" TEXT NOT NULL,
    "foodPrice" INTEGER NOT NULL,
    "onShelf" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "homestay_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "homestay_order" (
    "sn" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "homestayId" TEXT NOT NULL,
    "tradeState" "OrderTradeState" NOT NULL DEFAULT 'WAIT_PAY',
    "tradeCode" TEXT,
    "title" TEXT NOT NULL,
    "subTitle" TEXT NOT NULL,
    "cover" TEXT NOT NULL,
    "info" TEXT NOT NULL,
    "pricedBy" "HomestayPricing" NOT NULL,
    "homestayPrice" INTEGER NOT NULL,
    "foodPrice" INTEGER NOT NULL,
    "homestayTotalPrice" INTEGER NOT NULL,
    "foodTotalPrice" INTEGER NOT NULL,
    "orderTotalPrice" INTEGER NOT NULL,
    "liveStartDate" DATE NOT NULL,
    "liveEndDate" DATE NOT NULL,
    "livePeopleNum" INTEGER NOT NULL,
    "needFood" BOOLEAN NOT NULL,
    "remark" TEXT NOT NULL DEFAULT '',
    "payBefore" TIMESTAMPTZ(0) NOT NULL,
    "nextCloseAt" TIMESTAMPTZ(3),
    "idempotencyKey" TEXT,
    "idempotencyHash" TEXT,
    "paidBySn" TEXT,
    "usedAt" TIMESTAMPTZ(3),
    "shippedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "homestay_order_pkey" PRIMARY KEY ("sn")
);

-- CreateTable
CREATE TABLE "payment" (
    "sn" TEXT NOT NULL,
    "serviceType" TEXT NOT NULL,
    "orderSn" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "payMode" "PayMode" NOT NULL DEFAULT 'WECHAT_PAY',
    "status" "PayStatus" NOT NULL DEFAULT 'PENDING',
    "mchid" TEXT NOT NULL,
    "appid" TEXT NOT NULL,
    "openid" TEXT NOT NULL,
    "notifyUrl" TEXT NOT NULL,
    "payTotal" INTEGER NOT NULL,
    "prepayBody" TEXT NOT NULL,
    "prepayId" TEXT,
    "prepayIdAt" TIMESTAMPTZ(3),
    "tradeState" TEXT,
    "tradeStateDesc" TEXT,
    "tradeType" TEXT,
    "transactionId" TEXT,
    "paidTotal" INTEGER,
    "payerTotal" INTEGER,
    "refundedTotal" INTEGER NOT NULL DEFAULT 0,
    "payTime" TIMESTAMPTZ(3),
    "paidAt" TIMESTAMPTZ(3),
    "closedAt" TIMESTAMPTZ(3),
    "disputedAt" TIMESTAMPTZ(3),
    "heldAt" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "queuedVersion" INTEGER NOT NULL DEFAULT 1,
    "queuedAt" TIMESTAMPTZ(3),
    "appliedVersion" INTEGER NOT NULL DEFAULT 1,
    "nextAskAt" TIMESTAMPTZ(3),
    "lastAskedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "payment_pkey" PRIMARY KEY ("sn")
);

-- CreateTable
CREATE TABLE "payment_event" (
    "paymentSn" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "fromStatus" "PayStatus",
    "toStatus" "PayStatus" NOT NULL,
    "source" "EventSource" NOT NULL,
    "detail" JSONB,

    CONSTRAINT "payment_event_pkey" PRIMARY KEY ("paymentSn","version")
);

-- CreateTable
CREATE TABLE "payment_misfit" (
    "id" TEXT NOT NULL DEFAULT gen_random_uuid()::text,
    "paymentSn" TEXT,
    "number" TEXT NOT NULL,
    "transactionId" TEXT NOT NULL DEFAULT '',
    "kind" TEXT NOT NULL,
    "source" "EventSource" NOT NULL,
    "content" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "resolvedAt" TIMESTAMPTZ(3),
    "resolution" TEXT,

    CONSTRAINT "payment_misfit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refund" (
    "outRefundNo" TEXT NOT NULL,
    "paymentSn" TEXT NOT NULL,
    "cause" "RefundCause" NOT NULL,
    "status" "RefundStatus" NOT NULL DEFAULT 'REQUESTED',
    "refundTotal" INTEGER NOT NULL,
    "reason" TEXT NOT NULL DEFAULT '',
    "body" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "refundId" TEXT,
    "userReceivedAccount" TEXT,
    "payerRefund" INTEGER,
    "successTime" TIMESTAMPTZ(3),
    "lastAnswer" TEXT,
    "nextAskAt" TIMESTAMPTZ(3),
    "askCount" INTEGER NOT NULL DEFAULT 0,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "refund_pkey" PRIMARY KEY ("outRefundNo")
);

-- CreateTable
CREATE TABLE "message" (
    "id" TEXT NOT NULL,
    "kind" "MessageKind" NOT NULL,
    "paymentSn" TEXT NOT NULL,
    "orderSn" TEXT NOT NULL,
    "appid" TEXT NOT NULL,
    "openid" TEXT NOT NULL,
    "status" "MessageStatus" NOT NULL DEFAULT 'PENDING',
    "tries" INTEGER NOT NULL DEFAULT 0,
    "note" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "nextTryAt" TIMESTAMPTZ(3) DEFAULT now(),
    "sentAt" TIMESTAMPTZ(3),

    CONSTRAINT "message_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_token" (
    "appid" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "access_token_pkey" PRIMARY KEY ("appid")
);

-- CreateTable
CREATE TABLE "wechat_binding" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "mchid" TEXT NOT NULL,
    "apiHost" TEXT NOT NULL,
    "isSandbox" BOOLEAN NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "wechat_binding_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "wechat_identity_userId_appid_key" ON "wechat_identity"("userId", "appid");

-- CreateIndex
CREATE INDEX "session_userId_idx" ON "session"("userId");

-- CreateIndex
CREATE INDEX "homestay_business_hostUserId_idx" ON "homestay_business"("hostUserId");

-- CreateIndex
CREATE INDEX "homestay_businessId_idx" ON "homestay"("businessId");

-- CreateIndex
CREATE INDEX "homestay_createdAt_id_idx" ON "homestay"("createdAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "homestay_order_tradeCode_key" ON "homestay_order"("tradeCode");

-- CreateIndex
CREATE UNIQUE INDEX "homestay_order_paidBySn_key" ON "homestay_order"("paidBySn");

-- CreateIndex
CREATE INDEX "homestay_order_userId_createdAt_sn_idx" ON "homestay_order"("userId", "createdAt", "sn");

-- CreateIndex
CREATE INDEX "homestay_order_homestayId_idx" ON "homestay_order"("homestayId");

-- CreateIndex
CREATE UNIQUE INDEX "homestay_order_userId_idempotencyKey_key" ON "homestay_order"("userId", "idempotencyKey");

-- CreateIndex
CREATE UNIQUE INDEX "payment_transactionId_key" ON "payment"("transactionId");

-- CreateIndex
CREATE INDEX "payment_orderSn_idx" ON "payment"("orderSn");

-- CreateIndex
CREATE INDEX "payment_userId_idx" ON "payment"("userId");

-- CreateIndex
CREATE INDEX "payment_misfit_paymentSn_idx" ON "payment_misfit"("paymentSn");

-- CreateIndex
CREATE UNIQUE INDEX "payment_misfit_number_transactionId_kind_key" ON "payment_misfit"("number", "transactionId", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "refund_refundId_key" ON "refund"("refundId");

-- CreateIndex
CREATE INDEX "refund_paymentSn_idx" ON "refund"("paymentSn");

-- CreateIndex
CREATE UNIQUE INDEX "message_paymentSn_kind_key" ON "message"("paymentSn", "kind");

-- AddForeignKey
ALTER TABLE "wechat_identity" ADD CONSTRAINT "wechat_identity_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "homestay_business" ADD CONSTRAINT "homestay_business_hostUserId_fkey" FOREIGN KEY ("hostUserId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "homestay" ADD CONSTRAINT "homestay_businessId_fkey" FOREIGN KEY ("businessId") REFERENCES "homestay_business"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "homestay_order" ADD CONSTRAINT "homestay_order_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "homestay_order" ADD CONSTRAINT "homestay_order_homestayId_fkey" FOREIGN KEY ("homestayId") REFERENCES "homestay"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "homestay_order" ADD CONSTRAINT "homestay_order_paidBySn_fkey" FOREIGN KEY ("paidBySn") REFERENCES "payment"("sn") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment" ADD CONSTRAINT "payment_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment_event" ADD CONSTRAINT "payment_event_paymentSn_fkey" FOREIGN KEY ("paymentSn") REFERENCES "payment"("sn") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payment_misfit" ADD CONSTRAINT "payment_misfit_paymentSn_fkey" FOREIGN KEY ("paymentSn") REFERENCES "payment"("sn") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refund" ADD CONSTRAINT "refund_paymentSn_fkey" FOREIGN KEY ("paymentSn") REFERENCES "payment"("sn") ON DELETE RESTRICT ON UPDATE CASCADE;
