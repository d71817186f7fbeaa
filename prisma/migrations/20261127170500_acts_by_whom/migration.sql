-- CreateEnum
CREATE TYPE "OperatorFace" AS ENUM ('COMMAND', 'CONSOLE');

-- AlterTable
ALTER TABLE "operator_act" ADD COLUMN     "operatorId" TEXT,
ADD COLUMN     "via" "OperatorFace";

-- AddForeignKey
ALTER TABLE "operator_act" ADD CONSTRAINT "operator_act_operatorId_fkey" FOREIGN KEY ("operatorId") REFERENCES "operator"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
