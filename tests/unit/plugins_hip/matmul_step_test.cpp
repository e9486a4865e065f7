// Which tile a product with many rows takes, by counts made by hand.
#include "plugins/hip/runtime/matmul_step.hpp"

#include "tests/catch.hpp"

namespace forge::hip {
namespace {

TEST_CASE("hip products: rows of a workgroup, by the shape") {
  // 256 tiles are 32 workgroups for each set of rows; 32 units.
  CHECK(gemm_rows(256, 512, 32) == kGemmRows);
  CHECK(gemm_rows(256, 64, 32) == kGemmRows);
  // Half of a tile would be empty.
  CHECK(gemm_rows(256, 17, 32) == kGemmLowRows);
  CHECK(gemm_rows(256, 32, 32) == kGemmLowRows);
  CHECK(gemm_rows(256, 33, 32) == kGemmRows);
  CHECK(gemm_rows(256, 80, 32) == kGemmLowRows);  // three of 32 instead of two of 64
  CHECK(gemm_rows(256, 120, 32) == kGemmRows);
  // Fewer workgroups than units: twice as many, each sooner done.
  CHECK(gemm_rows(64, 64, 32) == kGemmLowRows);
  CHECK(gemm_rows(64, 64, 0) == kGemmRows);  // not known
}

}  // namespace
}  // namespace forge::hip
