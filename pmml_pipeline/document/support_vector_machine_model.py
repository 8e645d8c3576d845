"""``SupportVectorMachineModel``. Source: PMML 4.4, SupportVectorMachine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pmml_pipeline.document.expressions import FieldRef
from pmml_pipeline.document.model import Element
from pmml_pipeline.document.model_element import ModelElement
from pmml_pipeline.document.regression_model import CategoricalPredictor


@dataclass(frozen=True, slots=True)
class LinearKernelType:
    """``LinearKernelType``: <x, y>."""

    description: str | None = None


@dataclass(frozen=True, slots=True)
class PolynomialKernelType:
    """``PolynomialKernelType``: (gamma * <x, y> + coef0) ^ degree."""

    gamma: float = 1.0
    coef0: float = 1.0
    degree: float = 1.0
    description: str | None = None


@dataclass(frozen=True, slots=True)
class RadialBasisKernelType:
    """``RadialBasisKernelType``: exp(-gamma * |x - y| ^ 2)."""

    gamma: float = 1.0
    description: str | None = None


@dataclass(frozen=True, slots=True)
class SigmoidKernelType:
    """``SigmoidKernelType``: tanh(gamma * <x, y> + coef0)."""

    gamma: float = 1.0
    coef0: float = 1.0
    description: str | None = None


KernelType = LinearKernelType | PolynomialKernelType | RadialBasisKernelType | SigmoidKernelType


@dataclass(frozen=True, slots=True)
class VectorFields:
    """``VectorFields``: what the numbers of a vector are."""

    line: int
    fields: tuple[FieldRef | CategoricalPredictor, ...]
    number_of_fields: int | None = None


@dataclass(frozen=True, slots=True)
class VectorInstance:
    """``VectorInstance``: a vector, in full or only where it is not zero."""

    line: int
    id: str
    array: Element | None = field(default=None, metadata={"tag": "Array"})
    sparse: Element | None = field(default=None, metadata={"tag": "REAL-SparseArray"})


@dataclass(frozen=True, slots=True)
class VectorDictionary:
    """``VectorDictionary``: the vectors that the machines name."""

    fields: VectorFields
    instances: tuple[VectorInstance, ...]
    number_of_vectors: int | None = None


@dataclass(frozen=True, slots=True)
class SupportVector:
    """``SupportVector``: the id of a vector."""

    vector_id: str


@dataclass(frozen=True, slots=True)
class SupportVectors:
    """``SupportVectors``: the vectors of a machine."""

    line: int
    vectors: tuple[SupportVector, ...]
    number_of_support_vectors: int | None = None
    number_of_attributes: int | None = None


@dataclass(frozen=True, slots=True)
class Coefficient:
    """``Coefficient``."""

    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Coefficients:
    """``Coefficients``: one for each vector, or for each field; and what is added."""

    line: int
    values: tuple[Coefficient, ...]
    absolute_value: float = 0.0
    number_of_coefficients: int | None = None


@dataclass(frozen=True, slots=True)
class SupportVectorMachine:
    """``SupportVectorMachine``: one function, and the classes that it tells apart."""

    line: int
    coefficients: Coefficients
    support_vectors: SupportVectors | None = None
    target_category: str | None = None
    alternate_target_category: str | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportVectorMachineModel(ModelElement):
    """``SupportVectorMachineModel``."""

    kernel: LinearKernelType | PolynomialKernelType | RadialBasisKernelType | SigmoidKernelType
    vectors: VectorDictionary
    machines: tuple[SupportVectorMachine, ...]
    threshold: float = 0.0
    svm_representation: Literal["SupportVectors", "Coefficients"] = "SupportVectors"
    classification_method: Literal["OneAgainstAll", "OneAgainstOne"] = "OneAgainstAll"
    alternate_binary_target_category: str | None = None
    max_wins: bool = False
