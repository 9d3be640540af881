"""GET /api/costs: what was spent."""

from typing import Annotated

from fastapi import APIRouter, Query

from asset_forge.domain.ids import parse_asset_id
from asset_forge.routers.dependencies import CostsService, JsonRoute
from asset_forge.schemas.costs import Costs
from asset_forge.schemas.errors import errors

router = APIRouter(prefix="/api", tags=["Costs"], route_class=JsonRoute)


@router.get(
    "/costs",
    summary="Tell what was spent",
    description=(
        "Adds up the paid calls by day, by provider and model, and by asset, and says what is left "
        "of the caps. Days are in UTC. What was spent stays when pipelines are forgotten and "
        "assets deleted. A charge keeps the id for which it was spent: an asset that was renamed "
        "since is found under its old id until then. A variant's cost is under the variant's "
        "id. The 500 dearest assets are told apart; `assetCount` says how many there are."
    ),
    responses=errors(400, 401, 503),
)
async def get_costs(
    costs: CostsService,
    since: Annotated[
        str | None,
        Query(
            alias="from",
            description="First day, as YYYY-MM-DD; 29 days before the last when missing.",
        ),
    ] = None,
    to: Annotated[
        str | None, Query(description="Last day, as YYYY-MM-DD; today when missing.")
    ] = None,
    assetId: Annotated[str | None, Query(description="Only what was spent on an asset.")] = None,  # noqa: N803
) -> Costs:
    asset_id = parse_asset_id(assetId) if assetId else None
    return Costs.of(await costs.report(since=since, until=to, asset_id=asset_id))
