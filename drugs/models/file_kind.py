"""The kinds of file that the formulary is loaded from."""

from django.db import models


class FileKind(models.TextChoices):
    """What a file is, by its columns and not by its name."""

    HCPCS = "hcpcs", "HCPCS Level II"
    ASP_PRICING = "asp_pricing", "ASP pricing"
    ASP_CROSSWALK = "asp_crosswalk", "ASP NDC-HCPCS crosswalk"
    NOC_PRICING = "noc_pricing", "NOC pricing"
    NOC_CROSSWALK = "noc_crosswalk", "NOC crosswalk"
    ADDENDUM_B = "addendum_b", "OPPS Addendum B"
    NDC_PRODUCT = "ndc_product", "FDA NDC product"
    NDC_PACKAGE = "ndc_package", "FDA NDC package"
