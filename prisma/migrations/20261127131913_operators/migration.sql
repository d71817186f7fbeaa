-- CreateEnum
CREATE TYPE "OperatorRole" AS ENUM ('VIEWER', 'OPERATOR');

-- CreateTable
CREATE TABLE "operator" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "OperatorRole" NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "operator_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operator_link" (
    "tokenHash" TEXT NOT NULL,
    "operatorId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "consumedAt" TIMESTAMPTZ(3),

    CONSTRAINT "operator_link_pkey" PRIMARY KEY ("tokenHash")
);

-- CreateTable
CREATE TABLE "operator_session" (
    "tokenHash" TEXT NOT NULL,
    "operatorId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "endedAt" TIMESTAMPTZ(3),

    CONSTRAINT "operator_session_pkey" PRIMARY KEY ("tokenHash")
);

-- CreateIndex
CREATE INDEX "operator_link_operatorId_idx" ON "operator_link"("operatorId");

-- CreateIndex
CREATE INDEX "operator_session_operatorId_idx" ON "operator_session"("operatorId");

-- AddForeignKey
ALTER TABLE "operator_link" ADD CONSTRAINT "operator_link_operatorId_fkey" FOREIGN KEY ("operatorId") REFERENCES "operator"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "operator_session" ADD CONSTRAINT "operator_session_operatorId_fkey" FOREIGN KEY ("operatorId") REFERENCES "operator"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A name is free again once its operator is revoked.
CREATE UNIQUE INDEX "operator_name" ON "operator" ("name") WHERE "revokedAt" IS NULL;

-- Whom a guest on the telephone is found by.
CREATE INDEX "user_phone_last_four" ON "user" (right("phoneNumber", 4)) WHERE "phoneNumber" IS NOT NULL;
