-- AlterTable
ALTER TABLE "payment" ADD COLUMN     "traceParent" TEXT;
