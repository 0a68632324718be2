// In the browser: lays a dashboard out as Grafana does, and hands each panel to the component that Grafana draws it with.
import {createRoot} from 'react-dom/client';
import {
    applyFieldOverrides, cacheFieldDisplayNames, createTheme, dateTime, FieldConfigOptionsRegistry, FieldColorModeId, FieldType, getFieldDisplayValues,
    identityOverrideProcessor, renderLegendFormat, standardTransformers, standardTransformersRegistry,
    ThemeContext, thresholdsOverrideProcessor, toDataFrame, transformDataFrame, unitOverrideProcessor, valueMappingsOverrideProcessor,
} from '@grafana/data';
import {BigValue, GlobalStyles, PanelChrome, TimeSeries, VizRepeater} from '@grafana/ui';
import {TableNG} from '@grafana/ui/unstable';
import {useEffect, useState} from 'react';

/** Grafana's grid: 24 columns, and rows of 30 pixels with 8 between them. */
const COLUMNS = 24, CELL = 30, GAP = 8;
const TIME_ZONE = 'utc';
const theme = createTheme({colors: {mode: 'light'}});

// What a panel's plugin adds to its JSON when Grafana loads it. The plugins themselves are not published.
const STANDARD = {
    unit: unitOverrideProcessor, mappings: valueMappingsOverrideProcessor, thresholds: thresholdsOverrideProcessor,
};
const PLAIN = ['min', 'max', 'decimals', 'displayName', 'noValue', 'color', 'links'];
const CUSTOM = {
    timeseries: {
        drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, lineStyle: undefined, fillOpacity: 0, gradientMode: 'none',
        showPoints: 'auto', pointSize: 5, spanNulls: false, stacking: {mode: 'none', group: 'A'}, thresholdsStyle: {mode: 'off'},
        axisPlacement: 'auto', axisLabel: '', axisSoftMin: undefined, axisSoftMax: undefined, axisColorMode: 'text',
        scaleDistribution: {type: 'linear'}, hideFrom: {tooltip: false, viz: false, legend: false},
    },
    table: {align: 'auto', cellOptions: {type: 'auto'}, width: undefined, inspect: false},
    stat: {},
};
const COLOR = {timeseries: FieldColorModeId.PaletteClassic, table: FieldColorModeId.Thresholds, stat: FieldColorModeId.Thresholds};

const {organizeFieldsTransformer} = standardTransformers;
standardTransformersRegistry.setInit(() =>
    [{id: organizeFieldsTransformer.id, name: organizeFieldsTransformer.name, transformation: async () => organizeFieldsTransformer}]);

/** The properties of a field that its panel's JSON may set. */
function registry(type) {
    return new FieldConfigOptionsRegistry(() => [
        ...Object.entries(STANDARD).map(([id, process]) => ({id, path: id, process})),
        ...PLAIN.map(id => ({id, path: id, process: identityOverrideProcessor})),
        ...Object.keys(CUSTOM[type]).map(id => ({id: `custom.${id}`, path: id, isCustom: true, process: identityOverrideProcessor})),
    ].map(property => ({name: property.id, shouldApply: () => true, ...property})));
}

function fieldConfig({type, fieldConfig: {defaults, overrides}}) {
    return {
        defaults: {color: {mode: COLOR[type]}, ...defaults, custom: {...CUSTOM[type], ...defaults.custom}},
        overrides,
    };
}

/** As Grafana's datasource for Prometheus makes frames of its answers: a series each, or all in one table. */
function frames({target, answer}, {from, to, step}) {
    if (target.format === 'table') {
        const labels = [...new Set(answer.flatMap(({metric}) => Object.keys(metric)))].sort();
        return answer.length === 0 ? [] : [toDataFrame({refId: target.refId, fields: [
            {name: 'Time', type: FieldType.time, values: answer.map(({value}) => value[0] * 1000)},
            ...labels.map(name => ({name, type: FieldType.string, values: answer.map(({metric}) => metric[name] ?? '')})),
            {name: 'Value', type: FieldType.number, values: answer.map(({value}) => Number(value[1]))},
        ]})];
    }
    const times = target.instant ? [to * 1000] : Array.from({length: (to - from) / step + 1}, (_, i) => (from + i * step) * 1000);
    return answer.map(({metric, value, values = [value]}) => {
        // What is no number leaves a gap, as in Grafana's own panel.
        const known = new Map(values.map(([time, text]) => [time * 1000, Number(text)]).filter(([, number]) => Number.isFinite(number)));
        return toDataFrame({refId: target.refId, fields: [
            {name: 'Time', type: FieldType.time, values: times},
            {
                name: 'Value', type: FieldType.number, labels: metric, values: times.map(time => known.get(time) ?? null),
                config: {displayNameFromDS: renderLegendFormat(target.legendFormat, metric)},
            },
        ]});
    });
}

/** What the panel shows, once its transformations are done. */
function useData(panel, period) {
    const [data, setData] = useState();
    useEffect(() => {
        const transformed = transformDataFrame(
            panel.transformations ?? [], panel.answers.flatMap(answer => frames(answer, period)), {interpolate: text => text});
        const subscription = transformed.subscribe(series => {
            const fields = applyFieldOverrides({
                data: series, fieldConfig: fieldConfig(panel), fieldConfigRegistry: registry(panel.type),
                replaceVariables: text => text, theme, timeZone: TIME_ZONE,
            });
            cacheFieldDisplayNames(fields);
            setData(fields);
        });
        return () => subscription.unsubscribe();
    }, []);
    return data;
}

const VISUALIZATIONS = {
    timeseries: ({panel, data, width, height, timeRange}) => <TimeSeries
        frames={data} width={width} height={height} timeRange={timeRange} timeZone={TIME_ZONE} options={panel.options}
        legend={{showLegend: true, calcs: [], ...panel.options.legend}}/>,

    stat: ({panel, data, width, height}) => <VizRepeater
        width={width} height={height} source={data} itemSpacing={3} renderCounter={0}
        orientation={panel.options.orientation ?? 'auto'} autoGrid={true}
        getValues={() => getFieldDisplayValues({
            data, fieldConfig: fieldConfig(panel), reduceOptions: panel.options.reduceOptions, replaceVariables: text => text,
            sparkline: panel.options.graphMode !== 'none', theme, timeZone: TIME_ZONE,
        })}
        renderValue={({value, width, height, count}) => <BigValue
            value={value.display} sparkline={value.sparkline} width={width} height={height} count={count} theme={theme}
            colorMode={panel.options.colorMode} graphMode={panel.options.graphMode} justifyMode={panel.options.justifyMode ?? 'auto'}
            textMode={panel.options.textMode} wideLayout={panel.options.wideLayout ?? true} text={panel.options.text}/>}/>,

    table: ({panel, data, width, height}) => <TableNG
        data={data[0]} width={width} height={height} sortBy={panel.options.sortBy} cellHeight={panel.options.cellHeight}
        showTypeIcons={false} noHeader={!panel.options.showHeader} enableVirtualization={false}/>,
};

function Visualization({panel, period, width, height}) {
    const data = useData(panel, period);
    if (data === undefined) {
        return null;
    }
    if (!data.some(frame => frame.length > 0)) {
        return <div className="nothing">{panel.fieldConfig.defaults.noValue ?? 'No data'}</div>;
    }
    const [from, to] = [dateTime(period.from * 1000), dateTime(period.to * 1000)];
    const Drawn = VISUALIZATIONS[panel.type];
    return <Drawn {...{panel, data, width, height}} timeRange={{from, to, raw: {from, to}}}/>;
}

function Panel({panel, period, width}) {
    const column = (width + GAP) / COLUMNS;
    const {x, y, w, h} = panel.gridPos;
    const box = {left: x * column, top: y * (CELL + GAP), width: w * column - GAP, height: h * (CELL + GAP) - GAP};
    return <div style={{position: 'absolute', ...box}}>
        {panel.type === 'row'
            ? <div className="row-title">{panel.title}</div>
            : <PanelChrome title={panel.title} description={panel.description} width={box.width} height={box.height}>
                {(width, height) => <Visualization {...{panel, period, width, height}}/>}
            </PanelChrome>}
    </div>;
}

function Dashboard({dashboard, period, width}) {
    const rows = Math.max(...dashboard.panels.map(({gridPos}) => gridPos.y + gridPos.h));
    return <ThemeContext.Provider value={theme}>
        <GlobalStyles/>
        <h1>{dashboard.title}</h1>
        <div style={{position: 'relative', width, height: rows * (CELL + GAP)}}>
            {dashboard.panels.map(panel => <Panel key={panel.id} {...{panel, period, width}}/>)}
        </div>
    </ThemeContext.Provider>;
}

window.show = (dashboard, period, width) =>
    createRoot(document.getElementById('dashboard')).render(<Dashboard {...{dashboard, period, width}}/>);
